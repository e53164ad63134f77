import type { Service } from "../../../../openapi/api/core.v1.ts";
import { warningsForIP } from "../../../meta/ip-validation.ts";
import { nameIsDNSLabel } from "../../../meta/names.ts";
import { defineKind } from "../../kind.ts";
import { restore, status } from "../../subresources.ts";
import { allocate } from "./allocate.ts";
import { isExternallyAccessible } from "./fields.ts";
import { dropFieldsOfFormerType } from "./type-change.ts";
import { validateLoadBalancerStatus, validateService, validateServiceUpdate } from "./validation.ts";
import { warningsOf } from "./warnings.ts";

const AFFINITY_SECONDS = 10_800;

/** Service, v1. Follows pkg/registry/core/service and pkg/apis/core/{v1,validation}. */
export const service = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  allowCreateOnUpdate: true,
  returnsDeletedObject: true,
  validateName: nameIsDNSLabel,
  defaults,
  beginWrite: (object, old, { serviceAllocator }, dryRun) => allocate(object, old, serviceAllocator, dryRun),
  async afterCommit(object, old, { serviceAllocator }) {
    if (!object && old) await serviceAllocator.releaseAll(old);
  },
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    dropFieldsOfFormerType(object, old);
  },
  validate: (object) => validateService(object),
  validateUpdate: validateServiceUpdate,
  canonicalize({ spec }) {
    // Upstream stores it, and drops it on each read.
    if (spec.type === "ExternalName") delete spec.internalTrafficPolicy;
  },
  warnings: warningsOf,
  selectableFields: ({ spec }) => ({ "spec.clusterIP": spec.clusterIP ?? "", "spec.type": spec.type ?? "" }),
  subresources: {
    status: {
      ...status<Service>(),
      allowCreateOnUpdate: true, // its strategy is the Service's own with less to change
      verbs: ["get", "patch", "update"],
      // Upstream keeps it where the type was another one before, and drops it on each read, but not here.
      read: (object) =>
        object.spec.type === "ExternalName" && isOwned(object, "f:internalTrafficPolicy")
          ? { ...object, spec: { ...object.spec, internalTrafficPolicy: "Cluster" } }
          : object,
      validateUpdate: (object, old) =>
        validateLoadBalancerStatus(
          object.status.loadBalancer,
          old.status.loadBalancer,
          object.spec.type === "LoadBalancer",
        ),
      warnings: ({ status: { loadBalancer } }) =>
        (loadBalancer.ingress ?? []).flatMap(({ ip }, i) =>
          ip ? warningsForIP(ip, `status.loadBalancer.ingress[${i}]`) : [],
        ),
    },
  },
});

/** Whether some manager has set this field of the spec. */
function isOwned({ metadata }: Readonly<Service>, field: string): boolean {
  return (metadata.managedFields ?? []).some(({ fieldsV1 }) => {
    const spec: unknown = fieldsV1?.["f:spec"];
    return typeof spec === "object" && spec !== null && field in spec;
  });
}

/** (pkg/apis/core/v1/defaults.go SetDefaults_Service) */
function defaults(object: Service): void {
  const { spec } = object;
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(object)) spec.externalTrafficPolicy ||= "Cluster";
  if (["NodePort", "LoadBalancer", "ClusterIP"].includes(spec.type)) spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type !== "LoadBalancer") return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of object.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
}

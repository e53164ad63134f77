import {
  type Amounts,
  type ApiObject,
  addAmounts,
  amount,
  amountsOf,
  compareAmounts,
  maxAmounts,
  wholeAmount,
} from "../../client/index.ts";
import type { PersistentVolumeClaim, Service } from "../../openapi/api/core.v1.ts";
import type { ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import { deepEqual } from "../equality.ts";
import { classOf } from "../volume/claims.ts";
import { countName, type Evaluator, matchesName, ONE, objectCountEvaluator } from "./evaluator.ts";
import { podEvaluator } from "./pods.ts";

const SERVICES = [countName("", "services"), "services", "services.nodeports", "services.loadbalancers"];

/** (pkg/quota/v1/evaluator/core/services.go) */
const serviceEvaluator: Evaluator<Service> = {
  matches: (name) => SERVICES.includes(name),
  usage: ({ spec }) =>
    new Map([
      [countName("", "services"), ONE],
      ["services", ONE],
      ["services.loadbalancers", amount(spec.type === "LoadBalancer" ? 1 : 0)],
      ["services.nodeports", amount(nodePorts(spec))],
    ]),
  frees: ({ spec }, { spec: old }) => quotaType(spec) !== quotaType(old),
};

function nodePorts({ type, ports = [], allocateLoadBalancerNodePorts }: Service["spec"]): number {
  if (type === "NodePort") return ports.length;
  if (type !== "LoadBalancer") return 0;
  return allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
}

const quotaType = ({ type = "" }: Service["spec"]): string => (["NodePort", "LoadBalancer"].includes(type) ? type : "");

const CLAIM_COUNT = countName("", "persistentvolumeclaims");
const CLAIM_RESOURCES = ["persistentvolumeclaims", "requests.storage"];
const BY_CLASS = ".storageclass.storage.k8s.io/";

/** (pkg/quota/v1/evaluator/core/persistent_volume_claims.go) */
const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  matches: (name) =>
    name === CLAIM_COUNT || CLAIM_RESOURCES.some((resource) => name === resource || name.endsWith(BY_CLASS + resource)),
  matchesScope(scope, { spec, status }) {
    if (scope.scopeName !== "VolumeAttributesClass") return false;
    const names = [
      spec.volumeAttributesClassName,
      status.currentVolumeAttributesClassName,
      status.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ].filter((name) => !!name);
    return (names.length ? names : [undefined]).some((name) => matchesName(scope, name));
  },
  usage(claim) {
    const usage = new Map([
      ["persistentvolumeclaims", ONE],
      [CLAIM_COUNT, ONE],
    ]);
    const asked = amountsOf(claim.spec.resources?.requests).get("storage");
    const given = amountsOf(claim.status.allocatedResources).get("storage");
    const storage = asked && wholeAmount(given && compareAmounts(given, asked) > 0 ? given : asked);
    if (storage) usage.set("requests.storage", storage);
    const storageClass = classOf(claim);
    if (!storageClass) return usage;
    usage.set(`${storageClass}${BY_CLASS}persistentvolumeclaims`, ONE);
    if (storage) usage.set(`${storageClass}${BY_CLASS}requests.storage`, storage);
    return usage;
  },
  frees: ({ spec, status }, old) =>
    !deepEqual(status.allocatedResources, old.status.allocatedResources) ||
    spec.volumeAttributesClassName !== old.spec.volumeAttributesClassName ||
    status.currentVolumeAttributesClassName !== old.status.currentVolumeAttributesClassName ||
    !deepEqual(status.modifyVolumeStatus, old.status.modifyVolumeStatus),
};

const DEVICES = ".deviceclass.resource.k8s.io/devices";
/** Devices that one claim can get at the most: what "All" counts as. */
const MAX_DEVICES = 32;

/** Devices by class. (pkg/quota/v1/evaluator/core/resource_claims.go) */
const resourceClaimEvaluator: Evaluator<ResourceClaim> = {
  matches: (name) => name === countName("resource.k8s.io", "resourceclaims") || name.endsWith(DEVICES),
  usage({ spec }) {
    const one = (request: { deviceClassName?: string; allocationMode?: string; count?: number }): Amounts => {
      const { deviceClassName, allocationMode, count = 0 } = request;
      const devices = allocationMode === "All" ? MAX_DEVICES : allocationMode === "ExactCount" ? count : 0;
      return new Map([[`${deviceClassName}${DEVICES}`, amount(devices)]]);
    };
    let usage: Amounts = new Map([[countName("resource.k8s.io", "resourceclaims"), ONE]]);
    for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
      // Only one of the alternatives is given: of each class the largest counts.
      const alternatives = firstAvailable.map(one).reduce(maxAmounts, new Map());
      if (firstAvailable.length) usage = addAmounts(usage, alternatives);
      else if (exactly) usage = addAmounts(usage, one(exactly));
    }
    return usage;
  },
};

/** Kinds of which more counts than their number; these are watched whole, the others by metadata. */
export const OWN: Readonly<Record<string, Evaluator>> = {
  // The casts: each only ever sees objects of its kind.
  "v1/pods": podEvaluator as Evaluator<ApiObject>,
  "v1/services": serviceEvaluator as Evaluator<ApiObject>,
  "v1/persistentvolumeclaims": claimEvaluator as Evaluator<ApiObject>,
  "resource.k8s.io/v1/resourceclaims": resourceClaimEvaluator as Evaluator<ApiObject>,
};

/** How quotas look at a resource, such as `apps/v1/deployments`. */
export function evaluatorOf(name: string, group: string, resource: string): Evaluator {
  return OWN[name] ?? objectCountEvaluator(group, resource);
}

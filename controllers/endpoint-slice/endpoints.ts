import {
  type Action,
  defineController,
  isNamespaceTerminating,
  type Key,
  type Lister,
  mapping,
  matchesLabels,
  splitKey,
} from "../../client/index.ts";
import type { EndpointAddress, EndpointSubset, Endpoints, Pod, Service } from "../../openapi/api/core.v1.ts";
import { deepEqual } from "../equality.ts";
import { messageOf, tell } from "../pod-control.ts";
import { isReady } from "../pods.ts";
import { servicesOfPod } from "./endpoint-slice.ts";
import {
  addressesOf,
  addressTypesOf,
  endpointPorts,
  HEADLESS_LABEL,
  hasEndpoint,
  hostnameFor,
  isHeadless,
} from "./pod-endpoints.ts";
import { repackSubsets } from "./repack-subsets.ts";
import { TriggerTimes, withTriggerTime } from "./trigger-times.ts";

const RESOURCE = "v1/endpoints";
const MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const CONTROLLER = "endpoint-controller";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
/** Addresses in one Endpoints object. */
const CAPACITY = 1000;

interface Listers {
  services: Lister<Service>;
  pods: Lister<Pod>;
  endpoints: Lister<Endpoints>;
  triggers: TriggerTimes;
}

/** Keeps the Endpoints of services with a selector. Follows pkg/controller/endpoint. */
export function reconcile(key: Key, { services, pods, endpoints, triggers }: Listers): Action[] {
  const service = services.get(key);
  const current = endpoints.get(key);
  if (!service) triggers.forget(key);
  if (!service) return current ? removeOurs(current) : [];
  if (service.spec.type === "ExternalName" || !service.spec.selector) return [];
  const selected = pods
    .byNamespace(splitKey(key).namespace)
    .filter((pod) => matchesLabels(service.spec.selector ?? {}, pod.metadata.labels));
  const triggered = triggers.next(key, service, selected);
  const { subsets, truncated } = truncate(subsetsOf(service, selected));
  const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: CONTROLLER };
  delete labels[HEADLESS_LABEL];
  if (isHeadless(service)) labels[HEADLESS_LABEL] = "";
  const annotations = { ...current?.metadata.annotations };
  if (truncated) annotations[OVER_CAPACITY] = "truncated";
  else delete annotations[OVER_CAPACITY];
  const isSame =
    current &&
    deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(current.metadata.labels ?? {}, labels) &&
    deepEqual(current.metadata.annotations ?? {}, annotations);
  if (isSame) return [];
  const { name, namespace } = service.metadata;
  const object: Endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...(current?.metadata ?? { name, namespace }),
      labels,
      annotations: withTriggerTime(annotations, triggered),
    },
    ...(subsets.length && { subsets }),
  };
  return [
    {
      do: "batch",
      actions: [{ do: current ? "update" : "create", resource: RESOURCE, object }],
      after: ([result]) => (result?.ok === false ? failed(object, !current, result.error) : []),
    },
  ];
}

function failed(object: Endpoints, creates: boolean, error: unknown): Action[] {
  const again: Action = { do: "fail", error };
  if (creates && isNamespaceTerminating(error)) return [again];
  const { namespace, name } = object.metadata;
  const [reason, what] = creates
    ? ["FailedToCreateEndpoint", "Failed to create endpoint for service"]
    : ["FailedToUpdateEndpoint", "Failed to update endpoint"];
  return [tell(object, "Warning", reason, `${what} ${namespace}/${name}: ${messageOf(error)}`), again];
}

/** Leader election of old kept its record in Endpoints that no service has. */
function removeOurs(current: Readonly<Endpoints>): Action[] {
  if (current.metadata.annotations?.["control-plane.alpha.kubernetes.io/leader"]) return [];
  return [{ do: "delete", resource: RESOURCE, object: current }];
}

function subsetsOf(service: Readonly<Service>, pods: readonly Readonly<Pod>[]): EndpointSubset[] {
  const includeAll = !!service.spec.publishNotReadyAddresses;
  const [type = "IPv4"] = addressTypesOf(service);
  const subsets: EndpointSubset[] = [];
  for (const pod of pods) {
    const [ip] = addressesOf(pod, type);
    if (!ip || !hasEndpoint(pod, includeAll)) continue;
    const ports = endpointPorts(pod, service).map(({ name, ...port }) => ({
      ...(name && { name }),
      ...port,
      port: port.port ?? 0,
    }));
    if (!ports.length && (service.spec.ports?.length || service.spec.clusterIP !== "None")) continue;
    const hostname = hostnameFor(pod, service);
    const { name, namespace, uid } = pod.metadata;
    const address: EndpointAddress = {
      ip,
      ...(hostname && { hostname }),
      nodeName: pod.spec.nodeName ?? "", // what has an address and no node is refused, as upstream
      targetRef: { kind: "Pod", namespace, name, uid },
    };
    const isReachable = includeAll || isReady(pod);
    subsets.push({ [isReachable ? "addresses" : "notReadyAddresses"]: [address], ports });
  }
  return repackSubsets(subsets);
}

/** Ready addresses are kept before those that are not. (truncateEndpoints) */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (list: EndpointAddress[] | undefined) => list?.length ?? 0;
  const total = subsets.reduce((sum, s) => sum + count(s.addresses) + count(s.notReadyAddresses), 0);
  if (total <= CAPACITY) return { subsets, truncated: false };
  let room = CAPACITY;
  const ready = subsets.map(({ addresses = [] }) => {
    const kept = addresses.slice(0, room);
    room -= kept.length;
    return kept;
  });
  const cut = subsets.map(({ notReadyAddresses = [], ports }, i): EndpointSubset => {
    const kept = notReadyAddresses.slice(0, room);
    room -= kept.length;
    return { ...(ready[i]?.length && { addresses: ready[i] }), ...(kept.length && { notReadyAddresses: kept }), ports };
  });
  return { subsets: cut.filter((s) => s.addresses || s.notReadyAddresses), truncated: true };
}

export const endpointsController = defineController<Listers>({
  name: "endpoints-controller",
  eventSource: "endpoint-controller",
  watches: {
    for: "v1/services",
    maps: [
      mapping("v1/pods", (pod, { services }: Listers, old) => servicesOfPod(pod, old, services)),
      mapping(RESOURCE, ({ metadata }, { endpoints }: Listers, old) => {
        const key = `${metadata.namespace}/${metadata.name}`;
        const isGone = !endpoints.get(key);
        // Left over from a service that went while nobody looked. What others make or change is none of our business.
        const isLeft = !old && metadata.labels?.[MANAGED_BY] === CONTROLLER;
        return isGone || isLeft ? [key] : [];
      }),
    ],
  },
  listers: (get) => ({
    services: get("v1/services"),
    pods: get("v1/pods"),
    endpoints: get(RESOURCE),
    triggers: new TriggerTimes(),
  }),
  reconcile,
});

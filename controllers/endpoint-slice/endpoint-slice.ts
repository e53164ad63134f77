import {
  type Action,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesLabels,
  splitKey,
} from "../../client/index.ts";
import type { Node, Pod, Service } from "../../openapi/api/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { isNodeReady } from "../node-ready.ts";
import { tell } from "../pod-control.ts";
import { isReady } from "../pods.ts";
import { asksForTopology, hintByDistribution, removeHints, trafficDistributionOf } from "./hints.ts";
import { groupByPorts, type SlicePlan } from "./plan-slices.ts";
import {
  type AddressType,
  addressesOf,
  addressTypesOf,
  endpointPorts,
  HEADLESS_LABEL,
  hasEndpoint,
  hostnameFor,
  isHeadless,
} from "./pod-endpoints.ts";
import { MANAGED_BY_LABEL, reconcileSlices, SERVICE_LABEL, sliceRetry } from "./slices.ts";
import { TopologyHints } from "./topology-hints.ts";
import { TriggerTimes, withTriggerTime } from "./trigger-times.ts";

const CONTROLLER = "endpointslice-controller.k8s.io";
/** --max-endpoints-per-slice */
const MAX_PER_SLICE = 100;
/** Changes of slices wait for each other. (endpointSliceChangeMinSyncDelay) */
const SLICE_DELAY_MS = 1000;
const ZONE_LABEL = "topology.kubernetes.io/zone";

interface Listers {
  services: Lister<Service>;
  pods: Lister<Pod>;
  nodes: Lister<Node>;
  slices: Lister<EndpointSlice>;
  triggers: TriggerTimes;
  topology: TopologyHints;
}

/** Keeps the EndpointSlices of services with a selector. Follows pkg/controller/endpointslice. */
export function reconcile(key: Key, listers: Listers): Action[] {
  const { services, pods, nodes, slices, triggers } = listers;
  const service = services.get(key);
  // Slices of a service that is gone are the garbage collector's.
  if (!service) triggers.forget(key);
  if (!service || service.spec.type === "ExternalName" || !service.spec.selector) return [];
  const { namespace } = splitKey(key);
  const matching = pods
    .byNamespace(namespace)
    .filter((pod) => matchesLabels(service.spec.selector ?? {}, pod.metadata.labels));
  const triggered = triggers.next(key, service, matching);
  const selected = matching.filter((pod) => hasEndpoint(pod, true));
  const ours = slices.by("service", key).filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER);
  const types = addressTypesOf(service);
  const events: Action[] = [];
  const skipped = new Set<string>();
  const actions = types.flatMap((addressType) => {
    const entries = selected.flatMap((pod) => {
      const node = nodes.get(pod.spec.nodeName ?? "");
      // Its node is not known (yet, or any more): it comes back with the node.
      if (!node && !service.spec.publishNotReadyAddresses) {
        skipped.add(`skipping Pod ${pod.metadata.name} for Service ${key}: Node ${pod.spec.nodeName ?? ""} Not Found`);
        return [];
      }
      const addresses = addressesOf(pod, addressType);
      return addresses.length
        ? [{ ports: endpointPorts(pod, service), endpoint: endpointOf(pod, service, node, addresses) }]
        : [];
    });
    return reconcileSlices({
      owner: service,
      addressType,
      labels: labelsOf(service),
      annotate: (annotations) => withTriggerTime(annotations, triggered),
      groups: groupByPorts(entries),
      existing: ours.filter((slice) => slice.addressType === addressType),
      maxPerSlice: MAX_PER_SLICE,
      placeholder: true,
      hint: (plan) => events.push(...hint(key, service, addressType, plan, listers)),
    });
  });
  const stray = ours.filter((slice) => !types.includes(slice.addressType as AddressType));
  const removals = stray.map(
    (object): Action => ({ do: "delete", resource: "discovery.k8s.io/v1/endpointslices", object }),
  );
  for (const { addressType } of stray) listers.topology.remove(key, addressType);
  return [...actions, ...removals, ...events, ...failure(service, skipped)];
}

/** Told of once everything else is done, and tried again. */
function failure(service: Readonly<Service>, problems: ReadonlySet<string>): Action[] {
  if (!problems.size) return [];
  const all = [...problems].join(", ");
  const error = new Error(problems.size > 1 ? `[${all}]` : all);
  const { namespace, name } = service.metadata;
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${error.message}`;
  return [tell(service, "Warning", "FailedToUpdateEndpointSlices", message), { do: "fail", error }];
}

/** Hints by CPUs of zones where the service is annotated so, else by its field. What happened is told of. */
function hint(
  key: Key,
  service: Readonly<Service>,
  addressType: AddressType,
  plan: SlicePlan,
  { topology, nodes }: Listers,
): Action[] {
  const distribution = trafficDistributionOf(service);
  let events: ReturnType<TopologyHints["add"]>;
  if (asksForTopology(service)) events = topology.add(key, addressType, plan, nodes.list());
  else {
    events = topology.remove(key, addressType);
    if (distribution) hintByDistribution(plan, distribution);
    else removeHints(plan);
  }
  return events.map(({ type, reason, message }) => tell(service, type, reason, message));
}

function labelsOf(service: Readonly<Service>): Record<string, string> {
  const labels: Record<string, string> = {
    ...service.metadata.labels,
    [SERVICE_LABEL]: service.metadata.name ?? "",
    [MANAGED_BY_LABEL]: CONTROLLER,
  };
  delete labels[HEADLESS_LABEL];
  if (isHeadless(service)) labels[HEADLESS_LABEL] = "";
  return labels;
}

function endpointOf(
  pod: Readonly<Pod>,
  service: Readonly<Service>,
  node: Readonly<Node> | undefined,
  addresses: string[],
): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = !!service.spec.publishNotReadyAddresses || (serving && !terminating);
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const hostname = hostnameFor(pod, service);
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
  };
}

/** Keys of the services that select a Pod, or did before. */
export function servicesOfPod(pod: Readonly<Pod>, old: Readonly<Pod> | undefined, services: Lister<Service>): Key[] {
  return services
    .byNamespace(pod.metadata.namespace ?? "")
    .filter(({ spec }) => {
      const { selector } = spec;
      if (!selector || !Object.keys(selector).length) return false;
      return matchesLabels(selector, pod.metadata.labels) || (!!old && matchesLabels(selector, old.metadata.labels));
    })
    .map(keyOf);
}

const changesShares = (old: Readonly<Node>, node: Readonly<Node>): boolean =>
  isNodeReady(old) !== isNodeReady(node) || old.metadata.labels?.[ZONE_LABEL] !== node.metadata.labels?.[ZONE_LABEL];

export const endpointSliceController = defineController<Listers>({
  name: "endpointslice-controller",
  eventSource: "endpoint-slice-controller",
  watches: {
    for: "v1/services",
    maps: [
      mapping("v1/pods", (pod, { services }: Listers, old) => servicesOfPod(pod, old, services)),
      mapping(
        "discovery.k8s.io/v1/endpointslices",
        ({ metadata }) =>
          metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER
            ? [`${metadata.namespace}/${metadata.labels[SERVICE_LABEL]}`]
            : [],
        { ignoresOwnWrites: true, delayMs: SLICE_DELAY_MS },
      ),
      // Pods of a node that was not known are counted from now on. A zone that is changed later shows in a slice when
      // it is looked at again for another reason, but changes shares of zones at once. Heartbeats change nothing here.
      mapping("v1/nodes", (node, { pods, services, nodes, topology }: Listers, old) => {
        if (old && nodes.get(node.metadata.name ?? "") && !changesShares(old, node)) return [];
        const waiting = old ? [] : pods.by("node", node.metadata.name ?? "");
        const known = waiting.flatMap((pod) => servicesOfPod(pod, undefined, services));
        return [...known, ...topology.overloaded(nodes.list())];
      }),
    ],
  },
  listers: (get) => ({
    services: get("v1/services"),
    pods: get("v1/pods", { node: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) }),
    nodes: get("v1/nodes"),
    triggers: new TriggerTimes(),
    topology: new TopologyHints(),
    slices: get("discovery.k8s.io/v1/endpointslices", {
      service: ({ metadata }) => {
        const name = metadata.labels?.[SERVICE_LABEL];
        return name ? [`${metadata.namespace}/${name}`] : [];
      },
    }),
  }),
  retry: sliceRetry,
  reconcile,
});

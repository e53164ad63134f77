import { type Action, defineController, type Key, type Lister, mapping } from "../../client/index.ts";
import type { EndpointAddress, Endpoints, Service } from "../../openapi/api/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { tell } from "../pod-control.ts";
import { groupByPorts } from "./plan-slices.ts";
import { familyOf } from "./pod-endpoints.ts";
import { repackSubsets } from "./repack-subsets.ts";
import { MANAGED_BY_LABEL, reconcileSlices, SERVICE_LABEL, sliceRetry } from "./slices.ts";
import { TRIGGER_TIME } from "./trigger-times.ts";

const CONTROLLER = "endpointslicemirroring-controller.k8s.io";
const SKIP_LABEL = "endpointslice.kubernetes.io/skip-mirror";
/** --mirroring-max-endpoints-per-subset, and the size of a slice. */
const MAX_PER_SUBSET = 1000;

interface Listers {
  services: Lister<Service>;
  endpoints: Lister<Endpoints>;
  slices: Lister<EndpointSlice>;
}

/** Copies Endpoints that people write for services without selector. Follows pkg/controller/endpointslicemirroring. */
export function reconcile(key: Key, { services, endpoints, slices }: Listers): Action[] {
  const ours = slices.by("service", key).filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER);
  const source = endpoints.get(key);
  const service = services.get(key);
  const wanted = source && service && !service.spec.selector && isMirrored(source);
  if (!wanted) return ours.map((object) => ({ do: "delete", resource: "discovery.k8s.io/v1/endpointslices", object }));
  const labels = {
    ...source.metadata.labels,
    [SERVICE_LABEL]: source.metadata.name ?? "",
    [MANAGED_BY_LABEL]: CONTROLLER,
  };
  const {
    "kubectl.kubernetes.io/last-applied-configuration": _applied,
    [TRIGGER_TIME]: _time,
    ...annotations
  } = source.metadata.annotations ?? {};
  const { entries, skipped } = entriesOf(source);
  const message = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
  const actions = (["IPv4", "IPv6"] as const).flatMap((addressType) =>
    reconcileSlices({
      owner: source,
      addressType,
      labels,
      annotations,
      groups: groupByPorts(entries.filter(({ endpoint }) => familyOf(endpoint.addresses?.[0] ?? "") === addressType)),
      existing: ours.filter((slice) => slice.addressType === addressType),
      maxPerSlice: MAX_PER_SUBSET,
      isAnew: true,
      placeholder: false,
    }),
  );
  return [...(skipped ? [tell(source, "Warning", "TooManyAddressesToMirror", message)] : []), ...actions];
}

function isMirrored({ metadata }: Readonly<Endpoints>): boolean {
  return (
    metadata.labels?.[SKIP_LABEL] !== "true" && !metadata.annotations?.["control-plane.alpha.kubernetes.io/leader"]
  );
}

/** Ready addresses are kept before those that are not. */
function entriesOf({ subsets = [] }: Readonly<Endpoints>) {
  let skipped = 0;
  const entries = repackSubsets(subsets).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const slicePorts = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol && { appProtocol }),
    }));
    const all = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ];
    skipped += Math.max(0, all.length - MAX_PER_SUBSET);
    return all.slice(0, MAX_PER_SUBSET).map((endpoint) => ({ ports: slicePorts, endpoint }));
  });
  return { entries, skipped };
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  };
}

export const endpointSliceMirroringController = defineController<Listers>({
  name: "endpointslice-mirroring-controller",
  eventSource: "endpoint-slice-mirroring-controller",
  watches: {
    for: "v1/endpoints",
    maps: [
      mapping("v1/services", ({ metadata }) => [`${metadata.namespace}/${metadata.name}`]),
      mapping(
        "discovery.k8s.io/v1/endpointslices",
        ({ metadata }) =>
          metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER
            ? [`${metadata.namespace}/${metadata.labels[SERVICE_LABEL]}`]
            : [],
        { ignoresOwnWrites: true },
      ),
    ],
  },
  listers: (get) => ({
    services: get("v1/services"),
    endpoints: get("v1/endpoints"),
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

import { type Action, defineController, type Key, type Lister, mapping } from "../../client/index.ts";
import type { EndpointAddress, Endpoints, Service } from "../../openapi/api/core.v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { type AddressType, familyOf } from "./pod-endpoints.ts";
import { groupByPorts, MANAGED_BY_LABEL, reconcileSlices, SERVICE_LABEL } from "./slices.ts";

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
    ...withoutReserved(source.metadata.labels),
    [SERVICE_LABEL]: source.metadata.name ?? "",
    [MANAGED_BY_LABEL]: CONTROLLER,
  };
  const { "kubectl.kubernetes.io/last-applied-configuration": _applied, ...annotations } =
    source.metadata.annotations ?? {};
  return (["IPv4", "IPv6"] as const).flatMap((addressType) =>
    reconcileSlices({
      owner: source,
      addressType,
      labels,
      annotations,
      groups: groupByPorts(entriesOf(source, addressType)),
      existing: ours.filter((slice) => slice.addressType === addressType),
      maxPerSlice: MAX_PER_SUBSET,
      placeholder: false,
    }),
  );
}

function isMirrored({ metadata }: Readonly<Endpoints>): boolean {
  return (
    metadata.labels?.[SKIP_LABEL] !== "true" && !metadata.annotations?.["control-plane.alpha.kubernetes.io/leader"]
  );
}

function withoutReserved(labels: Record<string, string> = {}): Record<string, string> {
  const { [SKIP_LABEL]: _skip, "endpoints.kubernetes.io/managed-by": _managed, ...rest } = labels;
  return rest;
}

function entriesOf(
  { subsets = [] }: Readonly<Endpoints>,
  type: AddressType,
): { ports: EndpointPort[]; endpoint: Endpoint }[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const slicePorts = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol && { appProtocol }),
    }));
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ];
    return all
      .filter(({ address }) => familyOf(address.ip) === type)
      .slice(0, MAX_PER_SUBSET)
      .map(({ address, ready }) => ({ ports: slicePorts, endpoint: endpointOf(address, ready) }));
  });
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
  watches: {
    for: "v1/endpoints",
    maps: [
      mapping("v1/services", ({ metadata }) => [`${metadata.namespace}/${metadata.name}`]),
      mapping("discovery.k8s.io/v1/endpointslices", ({ metadata }) =>
        metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER
          ? [`${metadata.namespace}/${metadata.labels[SERVICE_LABEL]}`]
          : [],
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
  reconcile,
});

import type { Lister } from "../../../../client/index.ts";
import type { Service, ServicePort } from "../../../../openapi/api/core.v1.ts";
import type { EndpointSlice, Endpoint as SliceEndpoint } from "../../../../openapi/api/discovery.k8s.io.v1.ts";

/** What routes and names are made from. The indexes are those of `SERVICE_INDEXES` and `SLICE_INDEXES`. */
export interface ServiceObjects {
  readonly services: Lister<Service>;
  readonly slices: Lister<EndpointSlice>;
}

const SERVICE_NAME = "kubernetes.io/service-name";

export const keyOfService = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;

/** Addresses that lead to a Service from inside the cluster, its own first. */
export function addressesOf({ spec, status }: Service): { cluster: string[]; external: string[] } {
  const cluster = (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip && ip !== "None");
  const ingress = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return { cluster, external: [...(spec.externalIPs ?? []), ...ingress] };
}

export const SERVICE_INDEXES = {
  address(service: Service): string[] {
    const { cluster, external } = addressesOf(service);
    return [...cluster, ...external];
  },
  nodePort: ({ spec }: Service): string[] =>
    (spec.ports ?? []).flatMap(({ protocol = "TCP", nodePort }) => (nodePort ? [`${protocol}/${nodePort}`] : [])),
};

export const SLICE_INDEXES = {
  service({ metadata }: EndpointSlice): string[] {
    const name = metadata.labels?.[SERVICE_NAME];
    return name ? [`${metadata.namespace}/${name}`] : [];
  },
  address: ({ endpoints }: EndpointSlice): string[] => (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
};

/** One address of an endpoint behind a Service's port. */
export interface Backend {
  readonly address: string;
  readonly port: number;
  readonly node: string | undefined;
  readonly endpoint: SliceEndpoint;
}

/** All endpoints of a port, ready or not. */
export function backendsOf(service: Service, port: ServicePort, { slices }: ServiceObjects): Backend[] {
  const { name = "", protocol = "TCP" } = port;
  return slices.by("service", keyOfService(service)).flatMap(({ endpoints, ports }) => {
    const found = ports?.find((each) => (each.name ?? "") === name && (each.protocol ?? "TCP") === protocol);
    const number = found?.port;
    if (number === undefined) return [];
    return (endpoints ?? []).flatMap((endpoint) => {
      const address = endpoint.addresses?.[0];
      return address ? [{ address, port: number, node: endpoint.nodeName, endpoint }] : [];
    });
  });
}

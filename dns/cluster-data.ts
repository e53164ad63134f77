import type { Clock, Informers, Lister } from "../client/index.ts";
import type { Namespace, Pod, Service } from "../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../openapi/api/discovery.k8s.io.v1.ts";
import { canonicalAddress } from "./name.ts";

/** A port that something answers on; -1: none is declared. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** One address behind a Service that is ready, or counts as such. */
export interface ReadyEndpoint {
  readonly namespace: string;
  /** Name of the Service. */
  readonly service: string;
  readonly address: string;
  readonly hostname?: string;
  readonly ports: readonly NamedPort[];
}

/** What the names of a cluster are made of. All lookups are in memory. */
export interface ClusterData {
  hasSynced(): boolean;
  /** When something that names are made of changed last, in seconds since 1970: the zone's serial number. */
  serial(): number;
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): Service | undefined;
  /** @param address in its canonical spelling */
  serviceAt(address: string): Service | undefined;
  endpoints(namespace: string, service: string): readonly ReadyEndpoint[];
  endpointsAt(address: string): readonly ReadyEndpoint[];
  /** Namespaces of the Pods at an address; nobody, unless Pods are watched. */
  podNamespaces(address: string): readonly string[];
}

export interface Listers {
  readonly services: Lister<Service>;
  readonly slices: Lister<EndpointSlice>;
  readonly namespaces: Lister<Namespace>;
  /** Only where Pods' names are verified: a large cluster has many. */
  readonly pods?: Lister<Pod>;
}

const SERVICE_LABEL = "kubernetes.io/service-name";
const NO_PORT: NamedPort = { name: "", protocol: "", port: -1 };

/** Indexes that the lookups need, by resource. */
export const INDEXES = {
  services: {
    address: ({ spec }: Service) => (spec?.clusterIPs ?? []).map(canonicalAddress),
  },
  slices: {
    service: ({ metadata }: EndpointSlice) => [`${metadata.namespace}/${metadata.labels?.[SERVICE_LABEL] ?? ""}`],
    address: (slice: EndpointSlice) => readyIn(slice).map(({ address }) => canonicalAddress(address)),
  },
  pods: {
    address: ({ status, spec }: Pod) => (status?.podIP && !spec.hostNetwork ? [canonicalAddress(status.podIP)] : []),
  },
} as const;

/** A slice without word on readiness is ready. (CoreDNS plugin/kubernetes/object/endpoint.go) */
function readyIn({ metadata, endpoints, ports }: EndpointSlice): ReadyEndpoint[] {
  const declared = (ports ?? []).map(({ name = "", protocol = "", port = -1 }) => ({ name, protocol, port }));
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, hostname }) =>
      (addresses ?? []).map((address) => ({
        namespace: metadata.namespace ?? "",
        service: metadata.labels?.[SERVICE_LABEL] ?? "",
        address,
        ...(hostname && { hostname }),
        ports: declared.length > 0 ? declared : [NO_PORT],
      })),
    );
}

/** Lookups over listers that have INDEXES. */
export function clusterData(
  { services, slices, namespaces, pods }: Listers,
  state: Pick<ClusterData, "hasSynced" | "serial">,
): ClusterData {
  return {
    ...state,
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    serviceAt: (address) => services.by("address", address)[0],
    endpoints: (namespace, service) => slices.by("service", `${namespace}/${service}`).flatMap(readyIn),
    endpointsAt: (address) =>
      slices
        .by("address", address)
        .flatMap(readyIn)
        .filter((endpoint) => canonicalAddress(endpoint.address) === address),
    podNamespaces: (address) => (pods?.by("address", address) ?? []).map(({ metadata }) => metadata.namespace ?? ""),
  };
}

/** The same, kept up to date from an API server. @param watchPods whether Pods' names are verified */
export function watchCluster(informers: Informers, clock: Clock, watchPods: boolean): ClusterData {
  const services = informers.get("v1/services");
  const slices = informers.get("discovery.k8s.io/v1/endpointslices");
  const namespaces = informers.get("v1/namespaces");
  const pods = watchPods ? informers.get("v1/pods") : undefined;
  services.addIndex("address", INDEXES.services.address);
  slices.addIndex("service", INDEXES.slices.service);
  slices.addIndex("address", INDEXES.slices.address);
  pods?.addIndex("address", INDEXES.pods.address);
  let serial = 0;
  const changed = () => {
    serial = Math.floor(clock.now().getTime() / 1000);
  };
  const watched = [services, slices, namespaces, ...(pods ? [pods] : [])];
  for (const { addHandler } of watched) addHandler({ added: changed, updated: changed, deleted: changed });
  return clusterData(
    {
      services: services.lister,
      slices: slices.lister,
      namespaces: namespaces.lister,
      ...(pods && { pods: pods.lister }),
    },
    { hasSynced: () => watched.every(({ hasSynced }) => hasSynced), serial: () => serial },
  );
}

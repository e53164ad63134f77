import type { Endpoint } from "./endpoints.ts";
import { type ServicePort, usesClusterEndpoints, usesLocalEndpoints } from "./service-port.ts";

/** Where the proxy is. */
export interface ProxyNode {
  readonly name: string;
  /** Value of its label `topology.kubernetes.io/zone`; empty = none. */
  readonly zone: string;
}

export interface Categorized {
  /** For traffic that may go to any node. */
  readonly cluster: readonly Endpoint[];
  /** For traffic that must stay on this node. */
  readonly local: readonly Endpoint[];
  /** Both, each once. */
  readonly reachable: readonly Endpoint[];
  /** Whether any endpoint of any node would do. */
  readonly hasAny: boolean;
}

const isFading = ({ isServing, isTerminating }: Endpoint) => isServing && isTerminating;

/** Ready endpoints, or such as are ending but still answer when there are none that are ready. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady);
  return ready.length > 0 ? ready : endpoints.filter(isFading);
}

/** Which endpoints a port's traffic goes to on this node. (pkg/proxy/topology.go CategorizeEndpoints) */
export function categorizeEndpoints(endpoints: readonly Endpoint[], port: ServicePort, node: ProxyNode): Categorized {
  const wantsCluster = usesClusterEndpoints(port);
  const wantsLocal = usesLocalEndpoints(port);
  const cluster = wantsCluster ? nearby(usable(endpoints), node) : [];
  const local = wantsLocal ? usable(endpoints.filter(({ isLocal }) => isLocal)) : [];
  return {
    cluster,
    local,
    reachable: [...new Set([...cluster, ...local])],
    hasAny: cluster.length > 0 || (wantsLocal && usable(endpoints).length > 0),
  };
}

/** Those that hints name for this node, else for its zone, else all: hints that leave anybody out are no hints. */
function nearby(endpoints: readonly Endpoint[], { name, zone }: ProxyNode): readonly Endpoint[] {
  if (!endpoints[0]?.isReady) return endpoints;
  const hinted = (hintsOf: (endpoint: Endpoint) => readonly string[], mine: string) => {
    if (endpoints.some((endpoint) => hintsOf(endpoint).length === 0)) return [];
    return endpoints.filter((endpoint) => hintsOf(endpoint).includes(mine));
  };
  const sameNode = hinted(({ nodeHints }) => nodeHints, name);
  if (sameNode.length > 0) return sameNode;
  const sameZone = hinted(({ zoneHints }) => zoneHints, zone);
  return sameZone.length > 0 ? sameZone : endpoints;
}

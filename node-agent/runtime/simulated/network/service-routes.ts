import type { Clock, Random } from "../../../../client/index.ts";
import type { Service, ServicePort } from "../../../../openapi/api/core.v1.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Traffic } from "./network.ts";
import { NetworkError } from "./network-error.ts";
import { addressesOf, type Backend, backendsOf, keyOfService, type ServiceObjects } from "./service-objects.ts";

/** Seconds that a client stays with an endpoint. (pkg/apis/core DefaultClientIPServiceAffinitySeconds) */
const DEFAULT_AFFINITY_SECONDS = 10_800;

export interface RoutesOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** A way in: which port of which Service, and whose endpoints its policy leaves. */
interface Way {
  readonly service: Service;
  readonly port: ServicePort;
  /** Only endpoints on this node count. */
  readonly onlyOn?: string;
}

/** Chooses endpoints as kube-proxy has a node's kernel do, client affinity included. (pkg/proxy/topology.go, iptables/proxier.go) */
export class ServiceRoutes {
  readonly #options: RoutesOptions;
  readonly #affinity = new Map<string, { readonly address: string; readonly until: number }>();

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** @returns undefined when it is nothing of a Service. @throws NetworkError for a Service that nobody is behind */
  route(traffic: Traffic, objects: ServiceObjects): { readonly to: Endpoint; readonly service: Service } | undefined {
    const way = wayIn(traffic, objects);
    if (!way) return undefined;
    const { service, port, onlyOn } = way;
    const all = usable(backendsOf(service, port, objects));
    const near = onlyOn === undefined ? all : all.filter(({ node }) => node === onlyOn);
    // Nobody at all is refused; nobody on this node, with endpoints elsewhere, gets no answer.
    if (near.length === 0) throw new NetworkError(all.length > 0 ? "ETIMEDOUT" : "ECONNREFUSED", traffic.to);
    const { address, port: number } = this.#choose(way, traffic, near);
    return { to: { address, port: number }, service };
  }

  #choose({ service, port }: Way, { from }: Traffic, backends: readonly Backend[]): Backend {
    const { clock, random } = this.#options;
    const any = () => backends[Math.floor(random() * backends.length)] ?? (backends[0] as Backend); // there is one
    if (service.spec.sessionAffinity !== "ClientIP") return any();
    const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
    const key = `${keyOfService(service)}:${port.protocol}/${port.port} ${from.addresses[0]}`;
    const now = clock.now().getTime();
    const known = this.#affinity.get(key);
    const chosen = (known && now < known.until && backends.find(({ address }) => address === known.address)) || any();
    this.#affinity.set(key, { address: chosen.address, until: now + seconds * 1000 });
    return chosen;
  }
}

function wayIn({ protocol, from, to, toNode }: Traffic, { services }: ServiceObjects): Way | undefined {
  for (const service of services.by("address", to.address)) {
    const port = service.spec.ports?.find((each) => each.port === to.port && (each.protocol ?? "TCP") === protocol);
    if (!port) continue;
    const inside = addressesOf(service).cluster.includes(to.address);
    // Traffic that begins inside the cluster goes to all endpoints also by a Service's outer addresses.
    const isLocal = inside && service.spec.internalTrafficPolicy === "Local";
    return { service, port, ...(isLocal && { onlyOn: from.node }) };
  }
  if (toNode === undefined) return undefined;
  const [service] = services.by("nodePort", `${protocol}/${to.port}`);
  const port = service?.spec.ports?.find(
    ({ nodePort, protocol: its = "TCP" }) => nodePort === to.port && its === protocol,
  );
  if (!service || !port) return undefined;
  const isLocal = service.spec.externalTrafficPolicy === "Local";
  return { service, port, ...(isLocal && { onlyOn: toNode }) };
}

/** Ready ones; when there are none, those that still serve while they go. */
function usable(backends: readonly Backend[]): readonly Backend[] {
  const ready = backends.filter(({ endpoint }) => endpoint.conditions?.ready ?? true);
  if (ready.length > 0) return ready;
  return backends.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
}

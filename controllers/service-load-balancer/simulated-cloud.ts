import { isIPv6 } from "node:net";
import type { Service } from "../../openapi/api/core.v1.ts";

type View = Readonly<Service>;

/** 198.18.0.0/15 is set aside for tests of networks, 2001:db8::/32 for documentation: neither is anybody's. */
const FIRST_IPV4 = (198 << 24) | (18 << 16);
const COUNT = 1 << 17;

/** All addresses that Services have of load balancers. */
export function addressesInUse(services: readonly View[]): Map<string, View> {
  const used = new Map<string, View>();
  for (const service of services)
    for (const { ip } of service.status?.loadBalancer?.ingress ?? []) if (ip) used.set(ip, service);
  return used;
}

/**
 * The addresses of a Service's load balancer: those it has, else the one it asks for, else free ones, one of each of
 * its families. @throws Error when the one it asks for is another's
 */
export function addressesFor(service: View, services: readonly View[], promised: ReadonlySet<string>): string[] {
  const used = addressesInUse(services.filter(({ metadata }) => metadata.uid !== service.metadata.uid));
  const { ipFamilies = ["IPv4"], loadBalancerIP } = service.spec;
  const own = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return ipFamilies.map((family) => {
    const isFamily = (ip: string) => isIPv6(ip) === (family === "IPv6");
    if (loadBalancerIP && isFamily(loadBalancerIP)) {
      const other = used.get(loadBalancerIP);
      if (other) {
        const { namespace, name } = other.metadata;
        throw new Error(`load balancer IP ${loadBalancerIP} is in use by service ${namespace}/${name}`);
      }
      return loadBalancerIP;
    }
    // Only what this cloud gave is kept: an address once asked for goes with the wish for it.
    const kept = own.find((ip) => isFamily(ip) && isOfPool(ip));
    if (kept) return kept;
    for (let n = 1; n < COUNT; n++) {
      const ip = family === "IPv6" ? `2001:db8::${n.toString(16)}` : ipv4(n);
      if (!used.has(ip) && !promised.has(ip)) return ip;
    }
    throw new Error("no addresses left for load balancers");
  });
}

function ipv4(n: number): string {
  const all = FIRST_IPV4 + n;
  return [24, 16, 8, 0].map((shift) => (all >>> shift) & 255).join(".");
}

const isOfPool = (ip: string): boolean => /^198\.1[89]\./.test(ip) || ip.startsWith("2001:db8::");

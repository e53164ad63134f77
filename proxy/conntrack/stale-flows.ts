import { canonicalAddress, hostPort } from "../address.ts";
import type { Endpoint } from "../services/endpoints.ts";
import type { ServicePort } from "../services/service-port.ts";

/** A tracked UDP connection: whom it was for, and who answers it. */
export interface Flow {
  readonly destination: string;
  readonly port: number;
  readonly answeredBy: string;
  readonly answerPort: number;
}

/** Reads what `conntrack -L -p udp` prints: first the packet as it was sent, then the answer as it is expected. */
export function parseFlows(text: string): Flow[] {
  return text.split("\n").flatMap((line) => {
    const values = (name: string) =>
      [...line.matchAll(new RegExp(`\\b${name}=(\\S+)`, "g"))].map(([, value]) => value ?? "");
    const [, destination = ""] = [values("src")[0], values("dst")[0]];
    const [port, answerPort] = [values("dport")[0], values("sport")[1]];
    const [from, to] = [canonicalAddress(destination), canonicalAddress(values("src")[1] ?? "")];
    if (!from || !to || !port || !answerPort) return [];
    return [{ destination: from, port: Number(port), answeredBy: to, answerPort: Number(answerPort) }];
  });
}

/**
 * Connections to Services that lead to endpoints which are none any more. UDP has no end: a client that keeps its port
 * would send to a Pod that is gone for ever. (pkg/proxy/conntrack/cleanup.go)
 */
export function staleFlows(
  flows: readonly Flow[],
  services: Iterable<readonly [ServicePort, readonly Endpoint[]]>,
): Flow[] {
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<number, ReadonlySet<string>>();
  for (const [port, endpoints] of services) {
    const serving = endpoints
      .filter(({ isServing }) => isServing)
      .map(({ address, port: at }) => hostPort(address, at));
    // Without endpoints packets are rejected before they are tracked.
    if (port.protocol !== "UDP" || serving.length === 0) continue;
    const names = new Set(serving);
    for (const address of [port.clusterIP, ...port.loadBalancerIPs, ...port.externalIPs]) {
      byAddress.set(hostPort(address, port.port), names);
    }
    if (port.nodePort) byNodePort.set(port.nodePort, names);
  }
  return flows.filter(({ destination, port, answeredBy, answerPort }) => {
    const wanted = byAddress.get(hostPort(destination, port)) ?? byNodePort.get(port);
    return wanted !== undefined && !wanted.has(hostPort(answeredBy, answerPort));
  });
}

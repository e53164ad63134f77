import type { EndpointSlice, Endpoint as WireEndpoint } from "../../openapi/api/discovery.k8s.io.v1.ts";
import { canonicalAddress, type Family } from "../address.ts";

/** One address and port behind a port of a Service. (pkg/proxy/endpoint.go) */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Whether it is on this node. */
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** Names a port of a Service among its slices. */
export const portKey = (portName: string, protocol: string): string => `${portName}/${protocol}`;

/**
 * Endpoints of a Service by the key of its port, ordered by address. (pkg/proxy/endpointslicecache.go)
 *
 * @param slices all of one Service
 * @param node whose endpoints are local; empty = none are
 */
export function endpointsOf(
  slices: readonly Readonly<EndpointSlice>[],
  family: Family,
  node: string,
): Map<string, Endpoint[]> {
  const found = new Map<string, Map<string, Endpoint>>();
  for (const { addressType, ports, endpoints } of slices) {
    if (addressType !== family) continue;
    for (const { name = "", port, protocol = "TCP" } of ports ?? []) {
      if (!port) continue; // all ports, which proxies do not do
      const key = portKey(name, protocol);
      const byAddress = found.get(key) ?? new Map<string, Endpoint>();
      found.set(key, byAddress);
      for (const each of endpoints ?? []) {
        const endpoint = endpointOf(each, port, node);
        if (!endpoint) continue;
        const at = `${endpoint.address} ${port}`;
        // A new Pod may already have the address of one that is going, and then it is the one to ask.
        if (!byAddress.has(at) || !endpoint.isTerminating) byAddress.set(at, endpoint);
      }
    }
  }
  const ordered = [...found].map(([key, byAddress]): [string, Endpoint[]] => {
    const sorted = [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1));
    return [key, sorted.map(([, endpoint]) => endpoint)];
  });
  return new Map(ordered);
}

function endpointOf(endpoint: Readonly<WireEndpoint>, port: number, node: string): Endpoint | undefined {
  const { addresses = [], conditions = {}, hints = {}, nodeName } = endpoint;
  const address = canonicalAddress(addresses[0] ?? "");
  if (!address) return undefined;
  const { ready = true, serving = true, terminating = false } = conditions;
  return {
    address,
    port,
    isLocal: node !== "" && nodeName === node,
    isReady: ready,
    isServing: serving,
    isTerminating: terminating,
    zoneHints: (hints.forZones ?? []).map(({ name }) => name),
    nodeHints: (hints.forNodes ?? []).map(({ name }) => name),
  };
}

import { networkInterfaces } from "node:os";
import type { Node } from "../openapi/api/core.v1.ts";
import { canonicalAddress, type Family, familyOf } from "./address.ts";
import { isInRange } from "./ranges.ts";

/** How packets of Pods are known; upstream's words. (--detect-local-mode) */
export type DetectLocal =
  | { readonly mode: "ClusterCIDR"; readonly cidrs: readonly string[] }
  | { readonly mode: "NodeCIDR" }
  | { readonly mode: "BridgeInterface"; readonly interface: string }
  | { readonly mode: "InterfaceNamePrefix"; readonly prefix: string };

/** The autoscaler's mark on a node that it is about to take away. */
const TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";
const ZONE = "topology.kubernetes.io/zone";

/** What matters of the proxy's node. @param node undefined: it is not there, or the proxy is on none */
export function nodeFacts(node: Readonly<Node> | undefined, name: string) {
  const addresses = (node?.status?.addresses ?? []).filter(({ type }) => type === "InternalIP");
  return {
    node: { name, zone: node?.metadata.labels?.[ZONE] ?? "" },
    podCidrs: node?.spec?.podCIDRs ?? (node?.spec?.podCIDR ? [node.spec.podCIDR] : []),
    addresses: addresses.flatMap(({ address }) => canonicalAddress(address) ?? []),
  };
}

/** Whether load balancers may send to it. (pkg/proxy/healthcheck NodeEligible) */
export const isEligible = (node: Readonly<Node> | undefined): boolean =>
  node !== undefined &&
  !node.metadata.deletionTimestamp &&
  !(node.spec?.taints ?? []).some(({ key }) => key === TO_BE_DELETED);

/** The match of packets from Pods; undefined when there is no way to know them. (pkg/proxy/util/localdetector.go) */
export function localTraffic(detect: DetectLocal, podCidrs: readonly string[], family: Family) {
  const match = (what: string, value: string) => ({ isLocal: `${what} ${value}`, isNotLocal: `${what} != ${value}` });
  if (detect.mode === "BridgeInterface") return match("iifname", `"${detect.interface}"`);
  if (detect.mode === "InterfaceNamePrefix") return match("iifname", `"${detect.prefix}*"`);
  const cidrs = detect.mode === "ClusterCIDR" ? detect.cidrs : podCidrs;
  const cidr = cidrs.find((each) => familyOf(each) === family);
  return cidr === undefined ? undefined : match(family === "IPv4" ? "ip saddr" : "ip6 saddr", cidr);
}

/**
 * Where node ports answer; undefined = at all addresses. (pkg/proxy/util/nodeport_addresses.go)
 *
 * @param wanted ranges, or the one word `primary` for the node's own address
 */
export function nodePortAddresses(
  wanted: readonly string[],
  own: readonly string[],
  family: Family,
  interfaces = networkInterfaces(),
): string[] | undefined {
  if (wanted.length === 1 && wanted[0] === "primary") {
    return own.filter((address) => familyOf(address) === family).slice(0, 1);
  }
  const ranges = wanted.filter((range) => familyOf(range) === family);
  if (ranges.length === 0 || ranges.some((range) => range.endsWith("/0"))) return undefined;
  const found = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal) // node ports of loopback are not supported with nftables
    .map(({ address }) => address)
    .filter((address) => ranges.some((range) => isInRange(address, range)));
  return [...new Set(found)];
}

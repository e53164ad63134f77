import { addressType, hostPort, nftFamily } from "../address.ts";
import type { Fragment, NftChain, NftElement, NftSet } from "../nftables/fragment.ts";
import { hashedName } from "../nftables/names.ts";
import { isInRange } from "../ranges.ts";
import { categorizeEndpoints, type ProxyNode } from "./categorize-endpoints.ts";
import type { Endpoint } from "./endpoints.ts";
import { isExternallyAccessible, type ServicePort } from "./service-port.ts";
import { masqueradeRule, type TableSettings } from "./service-table.ts";

/** Where the rules are for. */
export interface RuleSettings extends TableSettings {
  readonly node: ProxyNode;
  /** The node's own address: a load balancer's source ranges may have it. */
  readonly nodeAddress: string;
}

/** Why a port's traffic has nowhere to go: nobody is there, or nobody whom it may go to. */
type NoEndpoint = "goto reject-chain" | "drop" | undefined;

/**
 * What one port of a Service adds to the table. Same arguments, same rules. (pkg/proxy/nftables syncProxyRules)
 *
 * @param endpoints of this port, in a fixed order
 */
export function serviceRules(port: ServicePort, endpoints: readonly Endpoint[], settings: RuleSettings): Fragment {
  const { cluster, local, reachable, hasAny } = categorizeEndpoints(endpoints, port, settings.node);
  const names = namesOf(port);
  const protocol = port.protocol.toLowerCase();
  const hasInternal = hasAny && (!port.internalLocal || local.length > 0);
  const hasExternal = hasAny && (!port.externalLocal || local.length > 0);
  const whyNot = (has: boolean): NoEndpoint => (has ? undefined : hasAny ? "drop" : "goto reject-chain");

  const elements: NftElement[] = [{ container: "cluster-ips", key: port.clusterIP }];
  const chains: NftChain[] = [];
  const route = (address: string, chain: string | undefined, verdict: NoEndpoint) => {
    const key = `${address} . ${protocol} . ${port.port}`;
    if (chain) elements.push({ container: "service-ips", key, value: `goto ${chain}` });
    if (verdict) elements.push({ container: "no-endpoint-services", key, value: verdict });
  };

  for (const { address, port: at } of reachable.filter(({ isLocal }) => isLocal)) {
    elements.push({ container: "hairpin-connections", key: `${address} . ${address} . ${protocol} . ${at}` });
  }
  route(
    port.clusterIP,
    hasInternal ? (port.internalLocal ? names.local : names.cluster) : undefined,
    whyNot(hasInternal),
  );
  const external = hasAny ? names.external : undefined;
  for (const address of [...port.externalIPs, ...port.loadBalancerIPs]) route(address, external, whyNot(hasExternal));
  if (port.nodePort) {
    const key = `${protocol} . ${port.nodePort}`;
    if (external) elements.push({ container: "service-nodeports", key, value: `goto ${external}` });
    const verdict = whyNot(hasExternal);
    if (verdict) elements.push({ container: "no-endpoint-nodeports", key, value: verdict });
  }
  if (port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0) {
    for (const address of port.loadBalancerIPs) {
      const key = `${address} . ${protocol} . ${port.port}`;
      elements.push({ container: "firewall-ips", key, value: `goto ${names.firewall}` });
    }
    chains.push({ name: names.firewall, rules: [firewallRule(port, settings)] });
  }
  if (external && isExternallyAccessible(port)) {
    chains.push({ name: external, rules: externalRules(port, hasExternal, settings) });
  }
  const affinity = affinityOf(port, reachable, settings);
  for (const [name, those] of [
    [names.cluster, cluster],
    [names.local, local],
  ] as const) {
    if (those.length > 0) chains.push({ name, rules: affinity.rulesTo(those) });
  }
  return { chains: [...chains, ...affinity.chains], sets: affinity.sets, elements };
}

function namesOf(port: ServicePort) {
  const base = hashedName(baseName(port));
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

const baseName = ({ namespace, service, protocol, portName }: ServicePort) =>
  `${namespace}/${service}/${protocol.toLowerCase()}/${portName}`;

/** Rules for traffic that comes for a node port, an external address or a load balancer's. */
function externalRules(port: ServicePort, hasExternal: boolean, settings: RuleSettings): string[] {
  const { cluster, local } = namesOf(port);
  const masquerade = masqueradeRule(settings);
  // It may leave for another node, whose answer has to come back through this one.
  if (!port.externalLocal) return [masquerade, `goto ${cluster}`];
  return [
    // Pods and the node itself would have gone out to the load balancer and come in at any node.
    ...(settings.localTraffic ? [`${settings.localTraffic.isLocal} goto ${cluster}`] : []),
    `fib saddr type local ${masquerade}`,
    `fib saddr type local goto ${cluster}`,
    ...(hasExternal ? [`goto ${local}`] : []),
  ];
}

function firewallRule({ sourceRanges, loadBalancerIPs }: ServicePort, { family, nodeAddress }: RuleSettings): string {
  // Where a load balancer's address is the node's own, what the node sends it comes from that address.
  const fromNode = sourceRanges.some((range) => isInRange(nodeAddress, range)) ? loadBalancerIPs : [];
  return `${nftFamily(family)} saddr != { ${[...sourceRanges, ...fromNode].join(", ")} } drop`;
}

/** How traffic is shared among endpoints; with session affinity each endpoint remembers its clients. */
function affinityOf(port: ServicePort, reachable: readonly Endpoint[], { family }: RuleSettings) {
  const ip = nftFamily(family);
  const protocol = port.protocol.toLowerCase();
  const list = (values: readonly string[]) => values.map((value, index) => `${index} : ${value}`).join(", ");
  if (port.affinitySeconds === 0) {
    return {
      chains: [] as NftChain[],
      sets: [] as NftSet[],
      rulesTo: (those: readonly Endpoint[]) => [
        `meta l4proto ${protocol} dnat ${ip} addr . port to numgen random mod ${those.length} map ` +
          `{ ${list(those.map(({ address, port: at }) => `${address} . ${at}`))} }`,
      ],
    };
  }
  const nameOf = ({ address, port: at }: Endpoint) =>
    // Colons may not be in names. A set keeps the time it was made with, so that another time is another set.
    hashedName(`${baseName(port)}__${address.replaceAll(":", ".")}/${at}/${port.affinitySeconds}s`);
  return {
    chains: reachable.map((endpoint): NftChain => {
      const to = hostPort(endpoint.address, endpoint.port);
      return {
        name: `endpoint-${nameOf(endpoint)}`,
        rules: [`update @affinity-${nameOf(endpoint)} { ${ip} saddr }`, `meta l4proto ${protocol} dnat to ${to}`],
      };
    }),
    sets: reachable.map((endpoint): NftSet => {
      const name = `affinity-${nameOf(endpoint)}`;
      return { name, type: addressType(family), timeoutSeconds: port.affinitySeconds };
    }),
    rulesTo: (those: readonly Endpoint[]) => [
      ...those.map((each) => `${ip} saddr @affinity-${nameOf(each)} goto endpoint-${nameOf(each)}`),
      `numgen random mod ${those.length} vmap { ${list(those.map((each) => `goto endpoint-${nameOf(each)}`))} }`,
    ],
  };
}

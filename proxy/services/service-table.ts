import { addressType, type Family, nftFamily } from "../address.ts";
import type { NftTable } from "../nftables/fragment.ts";

/** How packets of this cluster's Pods are known. (--detect-local-mode) */
export interface LocalTraffic {
  readonly isLocal: string;
  readonly isNotLocal: string;
}

/** What all Services of a table share. */
export interface TableSettings {
  readonly family: Family;
  /** Name of the table; upstream's is `kube-proxy`. */
  readonly table: string;
  /** undefined: no way to know. */
  readonly localTraffic: LocalTraffic | undefined;
  readonly masqueradeAll: boolean;
  /** Bit of the packet mark that says "masquerade", as a number. */
  readonly masqueradeMark: number;
  /** The node's addresses where node ports answer; undefined: all but loopback. */
  readonly nodePortAddresses: readonly string[] | undefined;
  /** Where cluster IPs come from; packets to those without a Service are dropped. */
  readonly serviceCidrs: readonly string[];
}

/** The rule that has a packet masqueraded when it leaves. */
export const masqueradeRule = ({ masqueradeMark }: TableSettings): string => `mark set mark or ${hex(masqueradeMark)}`;

const hex = (mark: number) => `0x${mark.toString(16).padStart(8, "0")}`;

/** The table before there is any Service; names and hooks are upstream's. (pkg/proxy/nftables setupNFTables) */
export function serviceTable(settings: TableSettings): NftTable {
  const { family, localTraffic, masqueradeAll, masqueradeMark, nodePortAddresses, serviceCidrs } = settings;
  const ip = nftFamily(family);
  const address = addressType(family);
  const destination = `${ip} daddr . meta l4proto . th dport`;
  const notLoopback = family === "IPv4" ? "ip daddr != 127.0.0.0/8" : "ip6 daddr != ::1";
  const masquerade = masqueradeRule(settings);
  const toNode = nodePortAddresses ? `${ip} daddr @nodeport-ips` : notLoopback;
  const fromElsewhere = masqueradeAll ? "" : localTraffic?.isNotLocal;
  const hook = (type: string, where: string, priority: string) => `type ${type} hook ${where} priority ${priority};`;
  const check = (...chains: string[]) => chains.map((chain) => `ct state new jump ${chain}`);
  return {
    family: ip,
    name: settings.table,
    comment: "rules of inkube proxy for Services",
    sets: [
      { name: "cluster-ips", type: address },
      { name: "hairpin-connections", type: `${address} . ${address} . inet_proto . inet_service` },
      { name: "nodeport-ips", type: address },
    ],
    maps: [
      { name: "no-endpoint-services", type: `${address} . inet_proto . inet_service : verdict` },
      { name: "no-endpoint-nodeports", type: "inet_proto . inet_service : verdict" },
      { name: "firewall-ips", type: `${address} . inet_proto . inet_service : verdict` },
      { name: "service-ips", type: `${address} . inet_proto . inet_service : verdict` },
      { name: "service-nodeports", type: "inet_proto . inet_service : verdict" },
    ],
    baseChains: [
      { name: "reject-chain", rules: ["reject"] },
      {
        name: "cluster-ips-check",
        rules: [
          `${ip} daddr @cluster-ips reject`,
          ...(serviceCidrs.length > 0 ? [`${ip} daddr { ${serviceCidrs.join(", ")} } drop`] : []),
        ],
      },
      { name: "service-endpoints-check", rules: [`${destination} vmap @no-endpoint-services`] },
      { name: "nodeport-endpoints-check", rules: [`${toNode} meta l4proto . th dport vmap @no-endpoint-nodeports`] },
      { name: "firewall-check", rules: [`${destination} vmap @firewall-ips`] },
      {
        name: "services",
        rules: [
          // Who sends to a Service from outside has a route to this node only: the answer must come back through it.
          ...(fromElsewhere === undefined ? [] : [`${ip} daddr @cluster-ips ${fromElsewhere} ${masquerade}`]),
          `${destination} vmap @service-ips`,
          `${nodePortAddresses ? "" : "fib daddr type local "}${toNode} meta l4proto . th dport vmap @service-nodeports`,
        ],
      },
      {
        name: "masquerading",
        rules: [
          // Taken off again: a packet in a tunnel keeps its mark and would be masqueraded twice.
          `mark and ${hex(masqueradeMark)} != 0 mark set mark xor ${hex(masqueradeMark)} masquerade fully-random`,
          `ct status dnat ${ip} saddr . ${destination} @hairpin-connections masquerade fully-random`,
        ],
      },
      // Before addresses are translated, to see which load balancer was meant.
      {
        name: "filter-prerouting-pre-dnat",
        hook: hook("filter", "prerouting", "-110"),
        rules: check("firewall-check"),
      },
      { name: "filter-output-pre-dnat", hook: hook("filter", "output", "-110"), rules: check("firewall-check") },
      {
        name: "filter-input",
        hook: hook("filter", "input", "filter"),
        rules: check("nodeport-endpoints-check", "service-endpoints-check"),
      },
      {
        name: "filter-forward",
        hook: hook("filter", "forward", "filter"),
        rules: check("service-endpoints-check", "cluster-ips-check"),
      },
      {
        name: "filter-output",
        hook: hook("filter", "output", "filter"),
        rules: check("service-endpoints-check", "cluster-ips-check"),
      },
      { name: "nat-prerouting", hook: hook("nat", "prerouting", "dstnat"), rules: ["jump services"] },
      { name: "nat-output", hook: hook("nat", "output", "-100"), rules: ["jump services"] },
      { name: "nat-postrouting", hook: hook("nat", "postrouting", "srcnat"), rules: ["jump masquerading"] },
    ],
  };
}

/** What the table holds for the node itself. */
export const nodePortElements = ({ nodePortAddresses = [] }: TableSettings) =>
  nodePortAddresses.map((key) => ({ container: "nodeport-ips", key }));

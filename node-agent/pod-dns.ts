import type { Pod } from "../openapi/api/core.v1.ts";

/** What a Pod's /etc/resolv.conf says. */
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** --cluster-dns and --cluster-domain. */
export interface ClusterDns {
  readonly server: string;
  readonly domain: string;
  /** The node's own settings. */
  readonly host: DnsConfig;
}

const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
/** As the Linux kernel has it. */
const MAX_HOSTNAME = 63;

/** The name a Pod's containers see. (kubelet_pods.go GeneratePodHostNameAndDomain) */
export function hostnameOf({ metadata, spec }: Pod): string {
  const name = spec.hostnameOverride ?? (spec.hostname || metadata.name || "");
  return name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, "");
}

/** "" without a subdomain. */
export function hostDomainOf({ metadata, spec }: Pod, domain: string): string {
  return spec.subdomain && !spec.hostnameOverride ? `${spec.subdomain}.${metadata.namespace}.svc.${domain}` : "";
}

/** (pkg/kubelet/network/dns/dns.go GetPodDNS) */
export function podDns({ metadata, spec }: Pod, { server, domain, host }: ClusterDns): DnsConfig {
  let base = host;
  if (spec.dnsPolicy === "None") base = { servers: [], searches: [], options: [] };
  else if (spec.dnsPolicy === "ClusterFirstWithHostNet" || (spec.dnsPolicy !== "Default" && !spec.hostNetwork)) {
    const searches = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches];
    base = { servers: [server], searches, options: ["ndots:5"] };
  }
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const merged = new Map(base.options.map((option) => [option.split(":")[0] ?? "", option]));
  for (const { name = "", value } of options) merged.set(name, value ? `${name}:${value}` : name);
  return {
    servers: [...new Set([...base.servers, ...nameservers])].slice(0, MAX_SERVERS),
    searches: [...new Set([...base.searches, ...searches])].slice(0, MAX_SEARCHES),
    options: [...merged.values()],
  };
}

/** Text of /etc/resolv.conf. */
export function resolvConf({ servers, searches, options }: DnsConfig): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const LOCAL = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** Text of /etc/hosts. @param nodeHosts the node's own, for Pods in its network (kubelet_pods.go ensureHostsFile) */
export function hostsFile(pod: Pod, ips: readonly string[], domain: string, nodeHosts: string): string {
  const aliases = pod.spec.hostAliases ?? [];
  const added = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  const tail = added.length > 0 ? `\n# Entries added by HostAliases.\n${added.join("")}` : "";
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${tail}`;
  const name = hostnameOf(pod);
  const hostDomain = hostDomainOf(pod, domain);
  const own = ips.map((ip) => (hostDomain ? `${ip}\t${name}.${hostDomain}\t${name}` : `${ip}\t${name}`));
  return `# Kubernetes-managed hosts file.\n${[...LOCAL, ...own].map((line) => `${line}\n`).join("")}${tail}`;
}

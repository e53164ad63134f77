import { Command, InvalidArgumentError, Option } from "commander";
import { flags, wholeNumber } from "./flags.ts";
import { proxyDefaults as defaults } from "./proxy-defaults.ts";
import { runComponent } from "./run-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

type ProxyOptions = Extract<ComponentSpec, { name: "proxy" }>["options"];
type Address = NonNullable<ProxyOptions["healthz"]>;

interface Options {
  kubeconfig: string;
  hostnameOverride?: string;
  bindAddress?: string;
  healthzBindAddress: Address | "";
  metricsBindAddress: Address | "";
  nodeportAddresses: string[];
  detectLocalMode: ProxyOptions["detectLocal"]["mode"];
  clusterCidr: string[];
  podBridgeInterface: string;
  podInterfaceNamePrefix: string;
  masqueradeAll: boolean;
  iptablesMasqueradeBit: number;
  iptablesMinSyncPeriod: number;
  iptablesSyncPeriod: number;
  table: string;
  conntrackTcpTimeoutEstablished: number;
  conntrackTcpTimeoutCloseWait: number;
  conntrackTcpBeLiberal: boolean;
  conntrackUdpTimeout: number;
  conntrackUdpTimeoutStream: number;
  networkPolicy: boolean;
  cleanup: boolean;
  verbosity: string;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3600_000 };

function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text !== "0" && (parts.length === 0 || parts.map(([part]) => part).join("") !== text)) {
    throw new InvalidArgumentError("must be a duration such as 500ms, 30s or 1h30m.");
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0);
}

/** Empty for nowhere, as the flag has it: commander takes undefined for "not given". */
function address(text: string): Address | "" {
  if (text === "") return "";
  const [, host, port] = /^(?:\[?([\d.]+|[\da-fA-F:]+)\]?):(\d+)$/.exec(text) ?? [];
  if (!host || !port || Number(port) > 65_535) throw new InvalidArgumentError("must be an address and a port.");
  return { host, port: Number(port) };
}

const seconds = (text: string) => duration(text) / 1000;
const { conntrack } = defaults;

const list = (text: string): string[] => text.split(",").filter(Boolean);
const MODES = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"] as const;

function detectLocal(options: Options): ProxyOptions["detectLocal"] {
  switch (options.detectLocalMode) {
    case "ClusterCIDR":
      return { mode: "ClusterCIDR", cidrs: options.clusterCidr };
    case "NodeCIDR":
      return { mode: "NodeCIDR" };
    case "BridgeInterface":
      return { mode: "BridgeInterface", interface: options.podBridgeInterface };
    case "InterfaceNamePrefix":
      return { mode: "InterfaceNamePrefix", prefix: options.podInterfaceNamePrefix };
  }
}

export const proxy = new Command("proxy")
  .description("run the proxy of this machine's network against any API server (kube-proxy in mode nftables)")
  .addOption(flags.kubeconfigIn().makeOptionMandatory(false))
  .option("--hostname-override <name>", "name of the node (default: the machine's name)")
  .option("--bind-address <ip>", "address of the node (default: as its Node has it); nothing listens at it")
  .addOption(
    new Option("--healthz-bind-address <ip:port>", "where /healthz and /livez are; empty for nowhere")
      .argParser(address)
      .default(defaults.healthz, "0.0.0.0:10256"),
  )
  .addOption(
    new Option("--metrics-bind-address <ip:port>", "where /metrics is; empty for nowhere")
      .argParser(address)
      .default(defaults.metrics, "127.0.0.1:10249"),
  )
  .addOption(
    new Option("--nodeport-addresses <list>", "ranges of addresses where node ports answer, or primary: the node's own")
      .argParser(list)
      .default(defaults.nodePortAddresses, "primary"),
  )
  .addOption(
    new Option("--detect-local-mode <mode>", "how packets of Pods are known").choices(MODES).default("ClusterCIDR"),
  )
  .addOption(
    new Option("--cluster-cidr <list>", "ranges of Pods, for mode ClusterCIDR").argParser(list).default([], "none"),
  )
  .option("--pod-bridge-interface <name>", "the bridge of Pods, for mode BridgeInterface", "")
  .option("--pod-interface-name-prefix <text>", "how Pods' interfaces begin, for mode InterfaceNamePrefix", "")
  .option("--masquerade-all", "masquerade all traffic to cluster IPs", defaults.masqueradeAll)
  .addOption(
    new Option("--iptables-masquerade-bit <n>", "bit of the packet mark that says: masquerade")
      .argParser(wholeNumber(0, 31))
      .default(defaults.masqueradeBit),
  )
  .addOption(
    new Option("--iptables-min-sync-period <duration>", "least pause between two changes of rules")
      .argParser(duration)
      .default(defaults.minSyncPeriod, "100ms"),
  )
  .addOption(
    new Option("--iptables-sync-period <duration>", "pause before rules that could not be set are tried again")
      .argParser(duration)
      .default(defaults.syncPeriod, "30s"),
  )
  .option("--table <name>", "name of the table in nftables", defaults.table)
  .addOption(
    new Option("--conntrack-tcp-timeout-established <duration>", "how long quiet TCP connections are remembered")
      .argParser(seconds)
      .default(conntrack.tcpEstablished, "24h"),
  )
  .addOption(
    new Option("--conntrack-tcp-timeout-close-wait <duration>", "how long such that one side has closed are")
      .argParser(seconds)
      .default(conntrack.tcpCloseWait, "1h"),
  )
  .option("--conntrack-tcp-be-liberal", "take packets out of a connection's window", conntrack.tcpBeLiberal)
  .addOption(
    new Option(
      "--conntrack-udp-timeout <duration>",
      "how long UDP without an answer is remembered; 0: the kernel's time",
    )
      .argParser(seconds)
      .default(conntrack.udp, "0s"),
  )
  .addOption(
    new Option("--conntrack-udp-timeout-stream <duration>", "how long UDP with answers is; 0: the kernel's time")
      .argParser(seconds)
      .default(conntrack.udpStream, "0s"),
  )
  .option(
    "--network-policy",
    "isolate the node's Pods as NetworkPolicies say; needs to watch these, Pods and namespaces",
    defaults.networkPolicy,
  )
  .option("--cleanup", "remove all rules and exit", false)
  .addOption(flags.verbosity())
  .action(async (options: Options) => {
    if (options.cleanup) {
      const { cleanUp } = await import("../proxy/start/clean-up.ts");
      return cleanUp(options.table);
    }
    if (!options.kubeconfig) throw new Error("--kubeconfig or KUBECONFIG must name a kubeconfig");
    return runComponent({
      name: "proxy",
      logLevel: options.verbosity,
      options: {
        kubeconfig: options.kubeconfig,
        ...(options.hostnameOverride !== undefined && { nodeName: options.hostnameOverride }),
        ...(options.bindAddress && { bindAddress: options.bindAddress }),
        healthz: options.healthzBindAddress || undefined,
        metrics: options.metricsBindAddress || undefined,
        nodePortAddresses: options.nodeportAddresses,
        detectLocal: detectLocal(options),
        masqueradeAll: options.masqueradeAll,
        masqueradeBit: options.iptablesMasqueradeBit,
        minSyncPeriod: options.iptablesMinSyncPeriod,
        syncPeriod: options.iptablesSyncPeriod,
        conntrack: {
          tcpEstablished: options.conntrackTcpTimeoutEstablished,
          tcpCloseWait: options.conntrackTcpTimeoutCloseWait,
          udp: options.conntrackUdpTimeout,
          udpStream: options.conntrackUdpTimeoutStream,
          tcpBeLiberal: options.conntrackTcpBeLiberal,
        },
        table: options.table,
        networkPolicy: options.networkPolicy,
      },
    });
  });

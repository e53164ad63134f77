import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { type Address, bindAddress as address, duration } from "./argument.ts";
import { flags, wholeNumber } from "./flags.ts";
import { proxyConfig } from "./proxy-config.ts";
import { proxyDefaults as defaults } from "./proxy-defaults.ts";
import { runComponent } from "./run-component.ts";
import type { ComponentSpec } from "./supervisor.ts";

type ProxyOptions = Extract<ComponentSpec, { name: "proxy" }>["options"];

interface Options {
  config?: string;
  kubeconfig?: string;
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
  conntrackMaxPerCore: number;
  conntrackMin: number;
  conntrackTcpTimeoutEstablished: number;
  conntrackTcpTimeoutCloseWait: number;
  conntrackTcpBeLiberal: boolean;
  conntrackUdpTimeout: number;
  conntrackUdpTimeoutStream: number;
  networkPolicy: boolean;
  cleanup: boolean;
  verbosity: string;
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

function fromFlags(options: Options): Omit<ProxyOptions, "kubeconfig" | "table" | "networkPolicy"> & {
  readonly kubeconfig?: string;
} {
  return {
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
      maxPerCore: options.conntrackMaxPerCore,
      min: options.conntrackMin,
      tcpEstablished: options.conntrackTcpTimeoutEstablished,
      tcpCloseWait: options.conntrackTcpTimeoutCloseWait,
      udp: options.conntrackUdpTimeout,
      udpStream: options.conntrackUdpTimeoutStream,
      tcpBeLiberal: options.conntrackTcpBeLiberal,
    },
  };
}

export const proxy = new Command("proxy")
  .description("run the proxy of this machine's network against any API server (kube-proxy in mode nftables)")
  .addOption(flags.kubeconfigIn().makeOptionMandatory(false))
  .option(
    "--config <file>",
    "a KubeProxyConfiguration; other flags but --hostname-override are ignored where it speaks",
  )
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
      .default(defaults.minSyncPeriod, "1s"),
  )
  .addOption(
    new Option("--iptables-sync-period <duration>", "pause before rules that could not be set are tried again")
      .argParser(duration)
      .default(defaults.syncPeriod, "30s"),
  )
  .option("--table <name>", "name of the table in nftables", defaults.table)
  .addOption(
    new Option("--conntrack-max-per-core <n>", "tracked connections a core, 0 leaves the machine's limit as it is")
      .argParser(wholeNumber(0, 2 ** 31 - 1))
      .default(conntrack.maxPerCore),
  )
  .addOption(
    new Option("--conntrack-min <n>", "least limit of tracked connections, whatever there is a core")
      .argParser(wholeNumber(0, 2 ** 31 - 1))
      .default(conntrack.min),
  )
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
    const fromFile = options.config ? proxyConfig(readFileSync(options.config, "utf8")) : fromFlags(options);
    const kubeconfig = fromFile.kubeconfig ?? options.kubeconfig;
    if (!kubeconfig) throw new Error("--kubeconfig or KUBECONFIG must name a kubeconfig");
    const { hostnameOverride: nodeName, table, networkPolicy } = options;
    return runComponent({
      name: "proxy",
      logLevel: options.verbosity,
      options: { ...fromFile, kubeconfig, ...(nodeName !== undefined && { nodeName }), table, networkPolicy },
    });
  });

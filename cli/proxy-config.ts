import { isIP } from "node:net";
import { parse } from "yaml";
import { type Address, bindAddress } from "./argument.ts";
import { configReader, type Section } from "./config-reader.ts";
import { proxyDefaults as defaults } from "./proxy-defaults.ts";
import type { ComponentSpec } from "./supervisor.ts";

type ProxyOptions = Extract<ComponentSpec, { name: "proxy" }>["options"];

const VERSION = "kubeproxy.config.k8s.io/v1alpha1";
const KIND = "KubeProxyConfiguration";
/** What the file may say, and what is in its sections; those without a list are other modes', or of no effect here. */
const FIELDS: Readonly<Record<string, readonly string[] | undefined>> = {
  ...{ apiVersion: undefined, kind: undefined, mode: undefined, hostnameOverride: undefined, bindAddress: undefined },
  ...{ healthzBindAddress: undefined, metricsBindAddress: undefined, clusterCIDR: undefined },
  ...{ detectLocalMode: undefined, nodePortAddresses: undefined },
  clientConnection: ["kubeconfig", "acceptContentTypes", "contentType", "qps", "burst"],
  detectLocal: ["bridgeInterface", "interfaceNamePrefix"],
  nftables: ["masqueradeBit", "masqueradeAll", "syncPeriod", "minSyncPeriod"],
  conntrack: [
    ...["maxPerCore", "min", "tcpEstablishedTimeout", "tcpCloseWaitTimeout", "tcpBeLiberal"],
    ...["udpTimeout", "udpStreamTimeout"],
  ],
};
const OTHER_MODES = ["iptables", "ipvs", "winkernel"];
/** Fields that change nothing here, and what they may be all the same: what kubeadm writes for "not set". */
const WITHOUT_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  ...{ bindAddressHardFail: [false], enableProfiling: [false], windowsRunAsService: [false] },
  ...{
    showHiddenMetricsForVersion: [""],
    portRange: [""],
    oomScoreAdj: [null],
    configSyncPeriod: ["0s", "15m", "15m0s"],
  },
};
const MODES = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"] as const;

const { fail, sectionOf, text, number, flag, time, strings } = configReader("the proxy's configuration");

/** An address whose port may be left out. */
function listenAt(section: Section, field: string, otherwise: Address): Address | undefined {
  const given = text(section, field);
  if (!given) return otherwise;
  if (isIP(given)) return { host: given, port: otherwise.port };
  try {
    return bindAddress(given) || undefined;
  } catch (error) {
    return fail(field, error instanceof Error ? error.message : String(error));
  }
}

function detectLocal(file: Section, within: Section): ProxyOptions["detectLocal"] {
  const mode = (text(file, "detectLocalMode") || "ClusterCIDR") as (typeof MODES)[number];
  switch (mode) {
    case "ClusterCIDR":
      return { mode, cidrs: text(file, "clusterCIDR").split(",").filter(Boolean) };
    case "NodeCIDR":
      return { mode };
    case "BridgeInterface":
      return { mode, interface: text(within, "bridgeInterface") };
    case "InterfaceNamePrefix":
      return { mode, prefix: text(within, "interfaceNamePrefix") };
    default:
      return fail("detectLocalMode", `must be one of ${MODES.join(", ")}`);
  }
}

/**
 * Reads a KubeProxyConfiguration. (staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go, whose defaults hold)
 * @throws Error for what is unknown, wrong, or would have to change something that it cannot change here
 */
export function proxyConfig(yaml: string): Omit<ProxyOptions, "kubeconfig" | "table" | "networkPolicy"> & {
  readonly kubeconfig?: string;
} {
  const known = [...Object.keys(FIELDS), ...OTHER_MODES, ...Object.keys(WITHOUT_EFFECT), "featureGates", "logging"];
  const file = sectionOf(parse(yaml), "the file", known);
  if (file.apiVersion !== VERSION || file.kind !== KIND) fail("kind", `must be ${KIND} of ${VERSION}`);
  const mode = text(file, "mode");
  if (mode !== "" && mode !== "nftables") fail("mode", `${mode} is not there: only nftables is`);
  for (const [field, allowed] of Object.entries(WITHOUT_EFFECT)) {
    if (field in file && !allowed.includes(file[field])) fail(field, "cannot be set here");
  }
  if (Object.keys(sectionOf(file.featureGates, "featureGates", [])).length > 0) fail("featureGates", "there are none");
  const part = (name: string) => sectionOf(file[name], name, FIELDS[name] ?? []);
  const [client, nftables, conntrack] = [part("clientConnection"), part("nftables"), part("conntrack")];
  const [kubeconfig, nodeName, ownAddress] = [
    text(client, "kubeconfig"),
    text(file, "hostnameOverride"),
    text(file, "bindAddress"),
  ];
  const ports = strings(file, "nodePortAddresses");
  return {
    ...(kubeconfig && { kubeconfig }),
    ...(nodeName && { nodeName }),
    // All addresses stand for none in particular: the node's own.
    ...(ownAddress && !["0.0.0.0", "::"].includes(ownAddress) && { bindAddress: ownAddress }),
    healthz: listenAt(file, "healthzBindAddress", defaults.healthz),
    metrics: listenAt(file, "metricsBindAddress", defaults.metrics),
    nodePortAddresses: ports.length > 0 ? ports : defaults.nodePortAddresses,
    detectLocal: detectLocal(file, part("detectLocal")),
    masqueradeAll: flag(nftables, "masqueradeAll"),
    masqueradeBit: number(nftables, "masqueradeBit") ?? defaults.masqueradeBit,
    minSyncPeriod: time(nftables, "minSyncPeriod", defaults.minSyncPeriod, true),
    syncPeriod: time(nftables, "syncPeriod", defaults.syncPeriod, true),
    conntrack: {
      maxPerCore: number(conntrack, "maxPerCore") ?? defaults.conntrack.maxPerCore,
      min: number(conntrack, "min") ?? defaults.conntrack.min,
      tcpEstablished: time(conntrack, "tcpEstablishedTimeout", defaults.conntrack.tcpEstablished * 1000, false) / 1000,
      tcpCloseWait: time(conntrack, "tcpCloseWaitTimeout", defaults.conntrack.tcpCloseWait * 1000, false) / 1000,
      tcpBeLiberal: flag(conntrack, "tcpBeLiberal"),
      udp: time(conntrack, "udpTimeout", 0, false) / 1000,
      udpStream: time(conntrack, "udpStreamTimeout", 0, false) / 1000,
    },
  };
}

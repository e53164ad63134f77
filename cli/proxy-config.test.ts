import { expect, test } from "vitest";
import { proxyConfig } from "./proxy-config.ts";

const HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

test("a file as kubeadm writes it has upstream's defaults", () => {
  const file = `${HEAD}bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.244.0.0/16,fd00::/64
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpBeLiberal: false, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, udpStreamTimeout: 0s, udpTimeout: 0s}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false}
logging: {flushFrequency: 0, verbosity: 0}
metricsBindAddress: ""
mode: ""
nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel: {enableDSR: false}
`;
  expect(proxyConfig(file)).toEqual({
    kubeconfig: "/var/lib/kube-proxy/kubeconfig.conf",
    healthz: { host: "0.0.0.0", port: 10256 },
    metrics: { host: "127.0.0.1", port: 10249 },
    nodePortAddresses: ["primary"],
    detectLocal: { mode: "ClusterCIDR", cidrs: ["10.244.0.0/16", "fd00::/64"] },
    masqueradeAll: false,
    masqueradeBit: 14,
    minSyncPeriod: 1000,
    syncPeriod: 30_000,
    conntrack: {
      ...{ maxPerCore: 32_768, min: 131_072, tcpEstablished: 86_400, tcpCloseWait: 3600 },
      ...{ tcpBeLiberal: false, udp: 0, udpStream: 0 },
    },
  });
});

test("what a file says is taken", () => {
  const file = `${HEAD}mode: nftables
hostnameOverride: node-a
bindAddress: 10.0.0.5
healthzBindAddress: 127.0.0.1
metricsBindAddress: "[::1]:9"
detectLocalMode: BridgeInterface
detectLocal: {bridgeInterface: cni0}
nodePortAddresses: [10.0.0.0/8]
nftables: {masqueradeAll: true, masqueradeBit: 3, minSyncPeriod: 2s, syncPeriod: 1m}
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, udpTimeout: 30s}
`;
  expect(proxyConfig(file)).toMatchObject({
    nodeName: "node-a",
    bindAddress: "10.0.0.5",
    healthz: { host: "127.0.0.1", port: 10256 },
    metrics: { host: "::1", port: 9 },
    detectLocal: { mode: "BridgeInterface", interface: "cni0" },
    nodePortAddresses: ["10.0.0.0/8"],
    masqueradeAll: true,
    masqueradeBit: 3,
    minSyncPeriod: 2000,
    syncPeriod: 60_000,
    conntrack: { maxPerCore: 0, tcpEstablished: 0, udp: 30 },
  });
});

test.each([
  ["mode: ipvs", "mode: ipvs is not there"],
  ["modes: nftables", "the file.modes: unknown field"],
  ["nftables: {masquerade: 1}", "nftables.masquerade: unknown field"],
  ["nftables: {syncPeriod: soon}", "syncPeriod: must be a duration"],
  ["healthzBindAddress: everywhere", "healthzBindAddress: must be an address"],
  ["enableProfiling: true", "enableProfiling: cannot be set here"],
  ["detectLocalMode: Magic", "detectLocalMode: must be one of"],
  ["kind: Other", "kind: must be KubeProxyConfiguration"],
])("a file with %s is refused", (line, message) => {
  const rest = line.startsWith("kind") ? HEAD.split("\n")[0] : HEAD.trim();
  expect(() => proxyConfig(`${rest}\n${line}\n`)).toThrow(message);
});

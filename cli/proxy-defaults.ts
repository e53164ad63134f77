/** The proxy when nothing else is said, as upstream's flags. */
export const proxyDefaults = {
  healthz: { host: "0.0.0.0", port: 10256 },
  metrics: { host: "127.0.0.1", port: 10249 },
  nodePortAddresses: ["primary"],
  masqueradeAll: false,
  masqueradeBit: 14,
  /** In ms. */
  minSyncPeriod: 1000,
  syncPeriod: 30_000,
  /** In seconds. */
  conntrack: {
    ...{ maxPerCore: 32_768, min: 131_072 },
    tcpEstablished: 24 * 3600,
    tcpCloseWait: 3600,
    udp: 0,
    udpStream: 0,
    tcpBeLiberal: false,
  },
  table: "kube-proxy",
  networkPolicy: false,
};

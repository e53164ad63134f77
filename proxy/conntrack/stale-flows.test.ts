import { expect, test } from "vitest";
import type { ServicePort } from "../services/service-port.ts";
import { parseFlows, staleFlows } from "./stale-flows.ts";

const LINES = [
  "udp      17 29 src=10.244.0.5 dst=10.96.0.10 sport=5353 dport=53 src=10.244.1.3 dst=10.244.0.5 sport=1053 dport=5353 mark=0 use=1",
  "udp      17 29 src=10.244.0.5 dst=10.96.0.10 sport=5354 dport=53 [UNREPLIED] src=10.244.1.9 dst=10.244.0.5 sport=1053 dport=5354 mark=0 use=1",
  "udp      17 29 src=10.0.0.1 dst=192.168.0.2 sport=999 dport=30053 src=10.244.1.9 dst=192.168.0.2 sport=1053 dport=1 [ASSURED] mark=0 use=1",
  "udp      17 29 src=10.244.0.5 dst=8.8.8.8 sport=5353 dport=53 src=8.8.8.8 dst=10.244.0.5 sport=53 dport=5353 mark=0 use=1",
].join("\n");

const PORT: ServicePort = {
  namespace: "kube-system",
  service: "kube-dns",
  portName: "dns",
  protocol: "UDP",
  clusterIP: "10.96.0.10",
  port: 53,
  nodePort: 30053,
  externalIPs: [],
  loadBalancerIPs: [],
  sourceRanges: [],
  affinitySeconds: 0,
  externalLocal: false,
  internalLocal: false,
};
const endpoint = (address: string, isServing: boolean) => ({
  address,
  port: 1053,
  isServing,
  isReady: isServing,
  isLocal: false,
  isTerminating: false,
  zoneHints: [],
  nodeHints: [],
});

test("connections to endpoints that are none any more are stale, others stay", () => {
  const services = [[PORT, [endpoint("10.244.1.3", true), endpoint("10.244.1.9", false)]]] as const;
  expect(staleFlows(parseFlows(LINES), services)).toEqual([
    { destination: "10.96.0.10", port: 53, answeredBy: "10.244.1.9", answerPort: 1053 },
    { destination: "192.168.0.2", port: 30053, answeredBy: "10.244.1.9", answerPort: 1053 },
  ]);
});

test.each([
  { why: "without any endpoint", port: PORT, endpoints: [] },
  { why: "over TCP", port: { ...PORT, protocol: "TCP" as const }, endpoints: [endpoint("10.244.1.3", true)] },
])("of a Service $why none is stale", ({ port, endpoints }) => {
  expect(staleFlows(parseFlows(LINES), [[port, endpoints]])).toEqual([]);
});

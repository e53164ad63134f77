import { type Answer, type DecodedPacket, decode, encode, type Packet, type RecordType } from "dns-packet";
import { afterEach } from "vitest";
import { type Clock, listerOf, silentLogger, systemClock } from "../client/index.ts";
import type { Namespace, Pod, Service } from "../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../openapi/api/discovery.k8s.io.v1.ts";
import { clusterData, INDEXES } from "./cluster-data.ts";
import type { PodMode } from "./cluster-zone.ts";
import { exchange, type Upstream } from "./exchange.ts";
import { listenDns } from "./listen.ts";
import { createDnsMetrics } from "./metrics.ts";
import { Resolver } from "./resolver.ts";

export const HOST = "127.0.0.1";
/** What a test has started, stopped after it. */
export const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const service = (namespace: string, name: string, spec: Service["spec"]): Service => ({
  metadata: { namespace, name },
  spec,
});
const slice = (name: string, addresses: EndpointSlice["endpoints"], ports: EndpointSlice["ports"], n = 0) => ({
  apiVersion: "discovery.k8s.io/v1",
  metadata: { name: `${name}-${n}`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  endpoints: addresses,
  ports,
});
const HTTP = { name: "http", port: 80, protocol: "TCP" };
const SERVICES: Service[] = [
  service("default", "web", {
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7", "fd00::7"],
    ports: [HTTP, { name: "dns", port: 53, protocol: "UDP" }, { port: 99, protocol: "TCP" }],
  }),
  service("default", "set", { clusterIP: "None", clusterIPs: ["None"], ports: [HTTP] }),
  service("default", "empty", { clusterIP: "None", clusterIPs: ["None"], ports: [HTTP] }),
  service("default", "portless", { clusterIP: "None", clusterIPs: ["None"] }),
  service("default", "outside", { type: "ExternalName", externalName: "there.example" }),
  service("default", "gone", { type: "ExternalName", externalName: "gone.example" }),
  service("default", "inside", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
  service("default", "round", { type: "ExternalName", externalName: "about.default.svc.cluster.local" }),
  service("default", "about", { type: "ExternalName", externalName: "round.default.svc.cluster.local" }),
  service("default", "number", { type: "ExternalName", externalName: "1.2.3.4" }),
  service("default", "many", { clusterIP: "None", clusterIPs: ["None"], ports: [HTTP] }),
];
const SLICES: EndpointSlice[] = [
  slice(
    "set",
    [
      { addresses: ["10.244.0.2"], hostname: "set-0", conditions: { ready: true } },
      { addresses: ["10.244.1.3"], conditions: {} },
      { addresses: ["10.244.1.4"], hostname: "set-2", conditions: { ready: false } },
    ],
    [{ name: "http", port: 8080, protocol: "TCP" }],
  ),
  slice("portless", [{ addresses: ["10.244.0.5"], hostname: "one", conditions: { ready: true } }], []),
  slice("web", [{ addresses: ["10.244.0.9"], conditions: { ready: true } }], [{ name: "http", port: 8080 }]),
  ...[0, 1].map((n) =>
    slice(
      "many",
      Array.from({ length: 60 }, (_, i) => ({ addresses: [`10.244.${2 + n}.${i + 1}`], conditions: { ready: true } })),
      [{ name: "http", port: 80, protocol: "TCP" }],
      n,
    ),
  ),
];
const NAMESPACES: Namespace[] = ["default", "other"].map((name) => ({ metadata: { name } }));
const PODS: Pod[] = [
  { metadata: { name: "p", namespace: "default" }, spec: { containers: [] }, status: { podIP: "10.244.0.2" } },
];

export interface Served {
  upstreams?: readonly Upstream[];
  pods?: PodMode;
  clock?: Clock;
  synced?: boolean;
}

/** A server of the cluster above on a free port. */
export async function serve({ upstreams = [], pods = "insecure", clock = systemClock, synced = true }: Served = {}) {
  const data = clusterData(
    {
      services: listerOf(SERVICES, INDEXES.services),
      slices: listerOf(SLICES, INDEXES.slices),
      namespaces: listerOf(NAMESPACES),
      pods: listerOf(PODS, INDEXES.pods),
    },
    { hasSynced: () => synced, serial: () => 1234 },
  );
  const metrics = createDnsMetrics("dns://here");
  const resolver = new Resolver({
    ...{ data, domain: "cluster.local", ttl: 30, pods, addresses: [HOST], upstreams, clock, metrics },
    random: Math.random,
    logger: silentLogger,
  });
  const { port, stop } = await listenDns(HOST, 0, resolver);
  stops.push(stop);
  return { address: HOST, port, resolver, metrics };
}

async function send(to: Upstream, message: Buffer, transport: "udp" | "tcp" = "udp"): Promise<DecodedPacket> {
  const answer = await exchange(to, transport, message, message.subarray(12, message.indexOf(0, 12) + 5), 2000);
  return decode(answer);
}

/** The answer of a server to one question. */
export function ask(
  to: Upstream,
  name: string,
  type: string,
  more: Partial<Packet> & { transport?: "udp" | "tcp" } = {},
) {
  const { transport = "udp", ...packet } = more;
  const message = encode({ id: 77, flags: 0x100, questions: [{ name, type: type as RecordType }], ...packet });
  return send(to, message, transport);
}

/** `name A 10.0.0.1` */
export const shown = (list: readonly Answer[] | undefined) =>
  (list ?? []).filter(({ type }) => type !== "OPT").map((record) => `${record.name} ${record.type} ${datumOf(record)}`);
function datumOf(record: Answer): string {
  if (record.type === "SRV") return `${record.data.weight} ${record.data.port} ${record.data.target}`;
  if (record.type === "SOA") return `${record.data.mname} ${record.data.serial}`;
  return "data" in record ? String(record.data) : "";
}
// Its name is not in the types.
export const rcodeOf = (packet: DecodedPacket) => (packet as unknown as { rcode: string }).rcode;

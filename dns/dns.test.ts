import { createSocket } from "node:dgram";
import { connect } from "node:net";
import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  type RecordType,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { afterEach, expect, test } from "vitest";
import { type Clock, listerOf, ManualClock, silentLogger, systemClock } from "../client/index.ts";
import type { Namespace, Pod, Service } from "../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../openapi/api/discovery.k8s.io.v1.ts";
import { clusterData, INDEXES } from "./cluster-data.ts";
import type { PodMode } from "./cluster-zone.ts";
import { exchange, type Upstream } from "./exchange.ts";
import { listenDns } from "./listen.ts";
import { createDnsMetrics } from "./metrics.ts";
import { Resolver } from "./resolver.ts";

const HOST = "127.0.0.1";
const stops: (() => Promise<void>)[] = [];
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

interface Served {
  upstreams?: readonly Upstream[];
  pods?: PodMode;
  clock?: Clock;
  synced?: boolean;
}

/** A server of the cluster above on a free port. */
async function serve({ upstreams = [], pods = "insecure", clock = systemClock, synced = true }: Served = {}) {
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

function ask(to: Upstream, name: string, type: string, more: Partial<Packet> & { transport?: "udp" | "tcp" } = {}) {
  const { transport = "udp", ...packet } = more;
  const message = encode({ id: 77, flags: 0x100, questions: [{ name, type: type as RecordType }], ...packet });
  return send(to, message, transport);
}

/** `A 10.0.0.1` */
const shown = (list: readonly Answer[] | undefined) =>
  (list ?? []).filter(({ type }) => type !== "OPT").map((record) => `${record.name} ${record.type} ${datumOf(record)}`);
function datumOf(record: Answer): string {
  if (record.type === "SRV") return `${record.data.weight} ${record.data.port} ${record.data.target}`;
  if (record.type === "SOA") return `${record.data.mname} ${record.data.serial}`;
  return "data" in record ? String(record.data) : "";
}
// Its name is not in the types.
const rcodeOf = (packet: DecodedPacket) => (packet as unknown as { rcode: string }).rcode;

const SOA = "cluster.local SOA ns.dns.cluster.local 1234";
const nothing = { rcode: "NOERROR", answers: [], authorities: [SOA], additionals: [] };
const unknown = { ...nothing, rcode: "NXDOMAIN" };

test.each([
  ["web.default.svc.cluster.local", "A", { answers: ["@ A 10.96.0.7"] }],
  ["WEB.Default.svc.Cluster.local", "A", { answers: ["@ A 10.96.0.7"] }],
  ["web.default.svc.cluster.local", "AAAA", { answers: ["@ AAAA fd00::7"] }],
  ["web.default.svc.cluster.local", "TXT", nothing],
  ["web.default.svc.cluster.local", "UNKNOWN_65", nothing],
  ["nobody.default.svc.cluster.local", "A", unknown],
  ["nobody.default.svc.cluster.local", "MX", unknown],
  ["web.nowhere.svc.cluster.local", "A", unknown],
  ["default.svc.cluster.local", "A", nothing],
  ["nowhere.svc.cluster.local", "A", unknown],
  ["svc.cluster.local", "A", nothing],
  ["cluster.local", "A", nothing],
  ["web.default.cluster.local", "A", unknown],
  ["a.b.c.web.default.svc.cluster.local", "A", unknown],
  [
    "_http._tcp.web.default.svc.cluster.local",
    "SRV",
    {
      answers: ["@ SRV 50 80 web.default.svc.cluster.local"],
      additionals: ["web.default.svc.cluster.local A 10.96.0.7", "web.default.svc.cluster.local AAAA fd00::7"],
    },
  ],
  ["_http._udp.web.default.svc.cluster.local", "SRV", unknown],
  ["_DNS._udp.web.default.svc.cluster.local", "A", { answers: ["@ A 10.96.0.7"] }],
  ["set.default.svc.cluster.local", "A", { answers: ["@ A 10.244.0.2", "@ A 10.244.1.3"] }],
  ["set-0.set.default.svc.cluster.local", "A", { answers: ["@ A 10.244.0.2"] }],
  ["10-244-1-3.set.default.svc.cluster.local", "A", { answers: ["@ A 10.244.1.3"] }],
  ["set-2.set.default.svc.cluster.local", "A", unknown],
  ["10-244-0-9.web.default.svc.cluster.local", "A", { answers: ["@ A 10.244.0.9"] }],
  [
    "_http._tcp.set.default.svc.cluster.local",
    "SRV",
    {
      answers: [
        "@ SRV 50 8080 10-244-1-3.set.default.svc.cluster.local",
        "@ SRV 50 8080 set-0.set.default.svc.cluster.local",
      ],
      additionals: [
        "10-244-1-3.set.default.svc.cluster.local A 10.244.1.3",
        "set-0.set.default.svc.cluster.local A 10.244.0.2",
      ],
    },
  ],
  ["empty.default.svc.cluster.local", "A", nothing],
  ["portless.default.svc.cluster.local", "A", { answers: ["@ A 10.244.0.5"] }],
  ["portless.default.svc.cluster.local", "SRV", nothing],
  ["inside.default.svc.cluster.local", "CNAME", { answers: ["@ CNAME web.default.svc.cluster.local"] }],
  [
    "inside.default.svc.cluster.local",
    "A",
    { answers: ["@ CNAME web.default.svc.cluster.local", "web.default.svc.cluster.local A 10.96.0.7"] },
  ],
  ["round.default.svc.cluster.local", "A", nothing],
  ["number.default.svc.cluster.local", "A", unknown],
  ["_http._tcp.outside.default.svc.cluster.local", "SRV", unknown],
  ["1-2-3-4.default.pod.cluster.local", "A", { answers: ["@ A 1.2.3.4"] }],
  ["fd00--9.default.pod.cluster.local", "AAAA", { answers: ["@ AAAA fd00::9"] }],
  ["1-2-3-4.nowhere.pod.cluster.local", "A", unknown],
  ["1-2-3.default.pod.cluster.local", "A", unknown],
  ["default.pod.cluster.local", "A", nothing],
  ["7.0.96.10.in-addr.arpa", "PTR", { answers: ["@ PTR web.default.svc.cluster.local"] }],
  ["2.0.244.10.in-addr.arpa", "PTR", { answers: ["@ PTR set-0.set.default.svc.cluster.local"] }],
  ["3.1.244.10.in-addr.arpa", "PTR", { answers: ["@ PTR 10-244-1-3.set.default.svc.cluster.local"] }],
  [`7.${"0.".repeat(27)}0.0.d.f.ip6.arpa`, "PTR", { answers: ["@ PTR web.default.svc.cluster.local"] }],
  ["dns-version.cluster.local", "TXT", { answers: ["@ TXT 1.1.0"] }],
  ["dns-version.cluster.local", "A", unknown],
  ["cluster.local", "SOA", { answers: [SOA] }],
  ["cluster.local", "NS", { answers: ["@ NS ns.dns.cluster.local"], additionals: [`ns.dns.cluster.local A ${HOST}`] }],
  ["ns.dns.cluster.local", "A", { answers: [`@ A ${HOST}`] }],
])("%s %s is answered by the cluster", async (name, type, expected) => {
  const server = await serve();
  for (const transport of ["udp", "tcp"] as const) {
    const packet = await ask(server, name, type, { transport });
    expect(packet).toMatchObject({ id: 77, flag_qr: true, flag_aa: true, flag_rd: true, flag_tc: false });
    expect({
      rcode: rcodeOf(packet),
      answers: shown(packet.answers).sort(),
      authorities: shown(packet.authorities),
      additionals: shown(packet.additionals).sort(),
    }).toEqual({
      rcode: "NOERROR",
      authorities: [],
      additionals: [],
      ...expected,
      answers: expected.answers.map((line) => line.replace(/^@/, name)).sort(),
    });
  }
});

test("records of the cluster live for 30 s, the version for 8 h", async () => {
  const server = await serve();
  const ttl = async (name: string, type: string) => {
    const { answers = [], authorities = [] } = await ask(server, name, type);
    return [...answers, ...authorities].map((record) => "ttl" in record && record.ttl);
  };
  expect(await ttl("web.default.svc.cluster.local", "A")).toEqual([30]);
  expect(await ttl("nobody.default.svc.cluster.local", "A")).toEqual([30]);
  expect(await ttl("dns-version.cluster.local", "TXT")).toEqual([28_800]);
});

test.each([
  ["verified", "10-244-0-2.default.pod.cluster.local", "NOERROR"],
  ["verified", "10-244-0-2.other.pod.cluster.local", "NXDOMAIN"],
  ["verified", "10-244-0-8.default.pod.cluster.local", "NXDOMAIN"],
  ["disabled", "10-244-0-2.default.pod.cluster.local", "NXDOMAIN"],
] as const)("with Pods %s, %s is %s", async (pods, name, rcode) => {
  expect(rcodeOf(await ask(await serve({ pods }), name, "A"))).toBe(rcode);
});

test("before the cluster is known, its names fail", async () => {
  expect(rcodeOf(await ask(await serve({ synced: false }), "web.default.svc.cluster.local", "A"))).toBe("SERVFAIL");
});

test("an answer that is too long for a datagram says so, and comes whole over TCP", async () => {
  const server = await serve();
  const name = "many.default.svc.cluster.local";
  const opt = (udpPayloadSize: number): Answer[] => [
    { type: "OPT", name: ".", udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  ];
  const short = await ask(server, name, "A");
  expect(short.flag_tc).toBe(true);
  // 16 bytes for each, since names are compressed.
  expect(short.answers).toHaveLength(29);
  expect(short.additionals).toEqual([]);
  const long = await ask(server, name, "A", { additionals: opt(1232) });
  expect(long.flag_tc).toBe(true);
  expect(long.answers).toHaveLength(73);
  expect(long.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
  const whole = await ask(server, name, "A", { additionals: opt(4096) });
  expect(whole.flag_tc).toBe(false);
  const tcp = await ask(server, name, "A", { transport: "tcp" });
  expect(tcp.flag_tc).toBe(false);
  expect(new Set(shown(tcp.answers)).size).toBe(120);
  expect(shown(whole.answers).sort()).toEqual(shown(tcp.answers).sort());
});

test("addresses come in changing order", async () => {
  const server = await serve();
  const firsts = new Set<string | undefined>();
  for (let n = 0; n < 40; n++) firsts.add(shown((await ask(server, "set.default.svc.cluster.local", "A")).answers)[0]);
  expect(firsts.size).toBe(2);
});

const header = (flags: number, questions = 1) =>
  Buffer.from([0, 77, flags >> 8, flags & 255, 0, questions, 0, 0, 0, 0, 0, 0]);
const QUESTION = encode({ questions: [{ name: "web.default.svc.cluster.local", type: "A" }] }).subarray(12);

/** The first answer to some bytes; undefined when the next question is answered before. */
function raw(to: Upstream, ...messages: Buffer[]): Promise<Buffer> {
  const socket = createSocket("udp4");
  return new Promise<Buffer>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", resolve);
    for (const message of messages) socket.send(message, to.port, to.address);
  }).finally(() => socket.close());
}

test.each([
  ["another operation", Buffer.concat([header(0x2800), QUESTION]), 4],
  ["no question", header(0x100, 0), 1],
  ["two questions", Buffer.concat([header(0x100, 2), QUESTION, QUESTION]), 1],
  ["half a question", Buffer.concat([header(0x100), QUESTION.subarray(0, 9)]), 1],
  ["another class", Buffer.concat([header(0x100), QUESTION.subarray(0, -1), Buffer.from([3])]), 5],
])("%s is refused", async (_, message, rcode) => {
  const answer = await raw(await serve(), message);
  expect(answer.readUInt16BE(0)).toBe(77);
  expect(answer.readUInt8(3) & 15).toBe(rcode);
});

test("answers and scraps are not answered", async () => {
  const server = await serve();
  const good = Buffer.concat([header(0x100), QUESTION]);
  good.writeUInt16BE(99, 0);
  const answer = await raw(server, Buffer.concat([header(0x8100), QUESTION]), Buffer.from([1, 2, 3]), good);
  expect(answer.readUInt16BE(0)).toBe(99);
});

test("a version of the extensions that nobody knows is named as such", async () => {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 1, flags: 0 } as const;
  const packet = await ask(await serve(), "web.default.svc.cluster.local", "A", {
    additionals: [{ ...opt, flag_do: false, options: [] }],
  });
  expect(rcodeOf(packet)).toBe("NOERROR");
  expect(packet.additionals).toMatchObject([{ type: "OPT", extendedRcode: 1, ednsVersion: 0 }]);
});

test("several questions on one connection are all answered", async () => {
  const server = await serve();
  const socket = connect(server.port, server.address);
  let received = Buffer.alloc(0);
  const ids = new Promise<number[]>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const found: number[] = [];
      for (let at = 0; at + 4 <= received.length; at += 2 + received.readUInt16BE(at)) {
        found.push(received.readUInt16BE(at + 2));
      }
      if (found.length === 3) resolve(found);
    });
  });
  const all = [1, 2, 3].map((id) => {
    const message = Buffer.concat([header(0x100), QUESTION]);
    message.writeUInt16BE(id, 0);
    return Buffer.concat([Buffer.from([0, message.length]), message]);
  });
  const bytes = Buffer.concat(all);
  // In pieces that end where no message does.
  socket.write(bytes.subarray(0, 30));
  socket.write(bytes.subarray(30));
  expect((await ids).sort()).toEqual([1, 2, 3]);
  socket.destroy();
});

/** Another server, which counts what it is asked. */
async function upstream(answer: (question: { name: string; type: string }, tcp: boolean) => Packet | undefined) {
  const asked: string[] = [];
  const { port, stop } = await listenDns(HOST, 0, {
    async handle(message, { transport }) {
      const tcp = transport === "tcp";
      const { id, questions = [] } = decode(message);
      const [question] = questions;
      if (!question) return undefined;
      asked.push(`${question.name} ${question.type}${tcp ? " tcp" : ""}`);
      const packet = answer(question, tcp);
      return packet && encode({ type: "response", ...(id !== undefined && { id }), questions, ...packet });
    },
  });
  stops.push(stop);
  return { address: HOST, port, asked };
}

const address = (name: string, ttl = 300): Answer => ({ type: "A", name, ttl, data: "192.0.2.1" });
const soa = (minimum: number): Answer => {
  const data = { mname: "a", rname: "b", serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { type: "SOA", name: "example", ttl: 300, data };
};

test("other names are asked for elsewhere, once while the answer is good", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const other = await upstream(({ name }) => ({ flags: 0x80, answers: [address(name)] }));
  const server = await serve({ upstreams: [other], clock });
  const first = await ask(server, "Some.example", "A");
  expect(first).toMatchObject({
    id: 77,
    flag_ra: true,
    answers: [{ name: "Some.example", ttl: 30, data: "192.0.2.1" }],
  });
  clock.advance(10_500);
  expect(await ask(server, "some.EXAMPLE", "A")).toMatchObject({ answers: [{ ttl: 19 }] });
  clock.advance(20_000);
  expect(await ask(server, "some.example", "A")).toMatchObject({ answers: [{ ttl: 30 }] });
  expect(other.asked).toEqual(["Some.example A", "some.example A"]);
  const text = await server.metrics.registry.metrics();
  expect(text).toContain('coredns_cache_hits_total{server="dns://here",zones=".",view="",type="success"} 1');
  expect(text).toContain(
    'coredns_dns_responses_total{server="dns://here",zone=".",view="",rcode="NOERROR",plugin="cache"} 1',
  );
});

test.each([
  ["a short denial", { flags: 3, authorities: [soa(7)] }, 7],
  ["a denial without an end", { flags: 3 }, 5],
  ["an empty answer", { authorities: [soa(600)] }, 30],
  ["a failure", { flags: 2 }, 5],
] as const)("%s is kept for a while", async (_, packet, seconds) => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const other = await upstream(() => ({
    ...packet,
    ...("authorities" in packet && { authorities: [...packet.authorities] }),
  }));
  const server = await serve({ upstreams: [other], clock });
  await ask(server, "some.example", "A");
  clock.advance(seconds * 1000 - 1);
  await ask(server, "some.example", "A");
  expect(other.asked).toHaveLength(1);
  clock.advance(1);
  await ask(server, "some.example", "A");
  expect(other.asked).toHaveLength(2);
});

test("the next server is asked when one is not there, and nobody means failure", async () => {
  const dead = await upstream(() => undefined);
  await stops.pop()?.();
  const other = await upstream(({ name }) => ({ answers: [address(name)] }));
  const server = await serve({ upstreams: [dead, other] });
  for (let n = 0; n < 5; n++) expect((await ask(server, `n${n}.example`, "A")).answers).toHaveLength(1);
  // Nobody may send to the first, which the socket says at once.
  for (const upstreams of [[{ address: "255.255.255.255", port: 53 }], [dead], []]) {
    expect(rcodeOf(await ask(await serve({ upstreams }), "some.example", "A"))).toBe("SERVFAIL");
  }
});

test("names that a cluster's reverse zones do not have are asked for elsewhere", async () => {
  const other = await upstream(({ name }) => ({ answers: [{ type: "PTR", name, ttl: 9, data: "far.example" }] }));
  const server = await serve({ upstreams: [other] });
  expect(shown((await ask(server, "9.9.9.9.in-addr.arpa", "PTR")).answers)).toEqual([
    "9.9.9.9.in-addr.arpa PTR far.example",
  ]);
});

test("a truncated answer is passed on as such, and asked for over TCP when the client does", async () => {
  const other = await upstream(({ name }, tcp) => (tcp ? { answers: [address(name)] } : { flags: TRUNCATED_RESPONSE }));
  const server = await serve({ upstreams: [other] });
  expect(await ask(server, "big.example", "A")).toMatchObject({ flag_tc: true, answers: [] });
  expect(await ask(server, "big.example", "A", { transport: "tcp" })).toMatchObject({ flag_tc: false, answers: [{}] });
  expect(other.asked).toEqual(["big.example A", "big.example A tcp"]);
});

test("a Service that stands for a name elsewhere brings that name's addresses", async () => {
  const other = await upstream(({ name }) => (name === "there.example" ? { answers: [address(name)] } : { flags: 3 }));
  const server = await serve({ upstreams: [other] });
  expect(shown((await ask(server, "outside.default.svc.cluster.local", "A")).answers)).toEqual([
    "outside.default.svc.cluster.local CNAME there.example",
    "there.example A 192.0.2.1",
  ]);
  const gone = await ask(server, "gone.default.svc.cluster.local", "A");
  expect(rcodeOf(gone)).toBe("NOERROR");
  expect(shown(gone.answers)).toEqual(["gone.default.svc.cluster.local CNAME gone.example"]);
});

test("a server that asks here in its turn is not asked again", async () => {
  let back: Upstream | undefined;
  const loop = await upstream((question) => {
    // As a forwarder does: what it is asked, it asks here.
    if (back) void ask(back, question.name, question.type).catch(() => {});
    return { flags: 2 };
  });
  const server = await serve({ upstreams: [loop] });
  back = server;
  await server.resolver.findLoops();
  await expect
    .poll(async () => {
      const before = loop.asked.length;
      await ask(server, `${before}.example`, "A");
      return loop.asked.length - before;
    })
    .toBe(0);
});

import { expect, test } from "vitest";

import { ask, HOST, rcodeOf, serve, shown } from "./test-server.ts";

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
  // Names that stood for all once are names like others.
  ["*.default.svc.cluster.local", "A", unknown],
  ["any.any.svc.cluster.local", "A", unknown],
  ["_any._any.web.default.svc.cluster.local", "SRV", unknown],
  ["*.set.default.svc.cluster.local", "A", unknown],
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

test.each(["AXFR", "IXFR"])("the zone is not given away: %s is refused", async (type) => {
  expect(rcodeOf(await ask(await serve(), "cluster.local", type, { transport: "tcp" }))).toBe("REFUSED");
});

test("before the cluster is known, its names fail", async () => {
  expect(rcodeOf(await ask(await serve({ synced: false }), "web.default.svc.cluster.local", "A"))).toBe("SERVFAIL");
});

test("addresses come in changing order", async () => {
  const server = await serve();
  const firsts = new Set<string | undefined>();
  for (let n = 0; n < 40; n++) firsts.add(shown((await ask(server, "set.default.svc.cluster.local", "A")).answers)[0]);
  expect(firsts.size).toBe(2);
});

import { type Answer, decode, encode, type Packet, TRUNCATED_RESPONSE } from "dns-packet";
import { expect, test } from "vitest";
import { ManualClock } from "../client/index.ts";
import type { Upstream } from "./exchange.ts";
import { listenDns } from "./listen.ts";

import { ask, HOST, rcodeOf, serve, shown, stops } from "./test-server.ts";

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

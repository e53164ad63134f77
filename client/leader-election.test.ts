import { expect, test } from "vitest";
import type { Lease } from "../openapi/api/coordination.k8s.io.v1.ts";
import { ApiError } from "./api-error.ts";
import type { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { electLeader } from "./leader-election.ts";
import { silentLogger } from "./logger.ts";

/** One Lease, on a server with optimistic locking. */
function server() {
  let lease: Lease | undefined;
  let revision = 0;
  const put = (object: Lease): Lease => {
    lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(++revision) } };
    return lease;
  };
  const client = (reach: () => Promise<void>): Client => {
    const parts = {
      async get() {
        await reach();
        if (!lease) throw new ApiError(404, { message: "not found" });
        return lease;
      },
      async create(_resource: string, object: Lease) {
        await reach();
        if (lease) throw new ApiError(409, { message: "exists", reason: "AlreadyExists" });
        return put(object);
      },
      async update(_resource: string, object: Lease) {
        await reach();
        if (object.metadata.resourceVersion !== lease?.metadata.resourceVersion)
          throw new ApiError(409, { message: "conflict", reason: "Conflict" });
        return put(object);
      },
    };
    return parts as unknown as Client; // all that an election asks of a client
  };
  return { client, lease: () => lease };
}

function election() {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const { client, lease } = server();
  const log: string[] = [];
  const candidate = (identity: string, reach: () => Promise<void> = async () => {}) =>
    electLeader({
      client: client(reach),
      clock,
      random: () => 0.5,
      logger: silentLogger,
      namespace: "kube-system",
      name: "it",
      identity,
      leaseSeconds: 15,
      renewDeadlineSeconds: 10,
      retrySeconds: 2,
      lead() {
        log.push(`${identity} leads`);
        return { stop: () => void log.push(`${identity} stops`) };
      },
      lost: () => log.push(`${identity} lost`),
    });
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 2; i++) {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      clock.advance(500);
    }
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  return { candidate, pass, log, lease };
}

test("the second leads when the first stops, which hands the Lease on", async () => {
  const { candidate, pass, log, lease } = election();
  const a = candidate("a");
  await pass(1);
  candidate("b");
  await pass(60);
  expect(log).toEqual(["a leads"]);
  await a.stop();
  expect(lease()?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  await pass(5);
  expect(log).toEqual(["a leads", "a stops", "b leads"]);
  expect(lease()?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
});

test.each<{ what: string; fate(): Promise<void> }>([
  { what: "fails", fate: () => Promise.reject(new Error("connection refused")) },
  { what: "never answers", fate: () => new Promise(() => {}) },
])("a leader whose server $what stops before another may begin", async ({ fate }) => {
  const { candidate, pass, log } = election();
  let isCutOff = false;
  candidate("a", () => (isCutOff ? fate() : Promise.resolve()));
  await pass(1);
  candidate("b");
  await pass(4);
  isCutOff = true;
  await pass(11);
  expect(log).toEqual(["a leads", "a stops", "a lost"]);
  await pass(10);
  expect(log).toEqual(["a leads", "a stops", "a lost", "b leads"]);
});

test("of two that begin at once one leads", async () => {
  const { candidate, pass, log } = election();
  candidate("a");
  candidate("b");
  await pass(30);
  expect(log).toHaveLength(1);
});

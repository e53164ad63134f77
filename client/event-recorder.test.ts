import { expect, test } from "vitest";
import type { Event } from "../openapi/api/core.v1.ts";
import { ApiError } from "./api-error.ts";
import type { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import { createEventRecorder } from "./event-recorder.ts";
import { silentLogger } from "./logger.ts";
import { createRefusals } from "./refusals.ts";
import type { ApiObject } from "./resource.ts";

const pod: ApiObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "ns", uid: "u", resourceVersion: "7" },
};

function recorder(create: (event: Event) => void = () => {}) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00.123Z"));
  const created: Event[] = [];
  const patched: unknown[] = [];
  const client = {
    async create(_resource: string, event: Event) {
      create(event);
      created.push(event);
      return event;
    },
    async patch(_resource: string, where: { name: string }, patch: Partial<Event>) {
      const known = created.find(({ metadata }) => metadata.name === where.name);
      if (!known) throw new ApiError(404, { reason: "NotFound" });
      patched.push({ name: where.name, ...patch });
      return { ...known, ...patch };
    },
  };
  const made = createEventRecorder({
    client: client as unknown as Client,
    clock,
    logger: silentLogger,
    component: "c",
  });
  return { clock, created, patched, made };
}

test("an event names its object, its source and its time", async () => {
  const { created, made } = recorder();
  made.event(pod, "Normal", "Created", "done", "spec.containers{web}");
  await made.flush();
  expect(created).toEqual([
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: expect.stringMatching(/^p\.[0-9a-f]{16}$/), namespace: "ns" },
      involvedObject: {
        kind: "Pod",
        namespace: "ns",
        name: "p",
        uid: "u",
        apiVersion: "v1",
        resourceVersion: "7",
        fieldPath: "spec.containers{web}",
      },
      reason: "Created",
      message: "done",
      source: { component: "c" },
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
      type: "Normal",
      reportingComponent: "c",
      reportingInstance: "",
    },
  ]);
});

test("the same event again is counted, and cluster-scoped objects' events go to default", async () => {
  const { clock, created, patched, made } = recorder();
  const node: ApiObject = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "x" } };
  made.event(node, "Normal", "Ready", "up");
  clock.advance(60_000);
  made.event(node, "Normal", "Ready", "up");
  await made.flush();
  expect(created).toHaveLength(1);
  expect(created[0]?.metadata.namespace).toBe("default");
  expect(patched).toEqual([
    { name: created[0]?.metadata.name, count: 2, lastTimestamp: "2026-01-01T00:01:00Z", message: "up" },
  ]);
});

test("from the tenth on, events that differ only in their message are combined", async () => {
  const { created, patched, made } = recorder();
  for (let i = 0; i < 12; i++) made.event(pod, "Warning", "Failed", `try ${i}`);
  await made.flush();
  expect(created).toHaveLength(10);
  expect(created[8]).toMatchObject({ message: "try 8", reportingComponent: "c" });
  expect(created[9]).toMatchObject({
    message: "(combined from similar events): try 9",
    source: { component: "c" },
    reportingComponent: "",
  });
  expect(patched).toMatchObject([{ count: 2 }, { count: 3, message: "(combined from similar events): try 11" }]);
});

test("one object gets 25 events at once, then one in five minutes", async () => {
  const { clock, created, made } = recorder();
  for (let i = 0; i < 40; i++) made.event(pod, "Normal", `Reason${i}`, "x");
  await made.flush();
  expect(created).toHaveLength(25);
  clock.advance(5 * 60_000);
  made.event(pod, "Normal", "Later", "x");
  made.event(pod, "Normal", "TooMuch", "x");
  await made.flush();
  expect(created).toHaveLength(26);
  made.event(pod, "Warning", "Bad", "x");
  await made.flush();
  expect(created.at(-1)).toMatchObject({ reason: "Bad" });
});

test("what was dropped is counted, and told of under its name once there is room", async () => {
  const { clock, created, made } = recorder();
  for (let i = 0; i < 25; i++) made.event(pod, "Normal", `Reason${i}`, "x");
  made.event(pod, "Normal", "Late", "x");
  made.event(pod, "Normal", "Late", "x");
  clock.advance(5 * 60_000);
  made.event(pod, "Normal", "Late", "x");
  await made.flush();
  expect(created.at(-1)).toMatchObject({ reason: "Late", count: 3 });
});

test("a namespace that is going away is not asked for each event", async () => {
  let tries = 0;
  const { clock, created, made } = recorder(({ metadata }) => {
    tries++;
    if (metadata.namespace === "ns" && tries === 1)
      throw new ApiError(403, { reason: "Forbidden", details: { causes: [{ reason: "NamespaceTerminating" }] } });
  });
  for (const uid of ["a", "b", "c"])
    made.event({ ...pod, metadata: { ...pod.metadata, uid } }, "Normal", "Killing", "bye");
  made.event({ ...pod, metadata: { ...pod.metadata, namespace: "other" } }, "Normal", "Killing", "bye");
  await made.flush();
  expect(created.map(({ metadata }) => metadata.namespace)).toEqual(["other"]);
  expect(tries).toBe(2);
  clock.advance(1001);
  made.event({ ...pod, metadata: { ...pod.metadata, uid: "d" } }, "Normal", "Created", "again");
  await made.flush();
  expect(created).toHaveLength(2);
});

test("of recorders that share what they were refused one asks again for all", async () => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const refusals = createRefusals(clock);
  let tries = 0;
  const client = {
    async create() {
      tries++;
      throw new ApiError(403, { reason: "Forbidden", details: { causes: [{ reason: "NamespaceTerminating" }] } });
    },
  } as unknown as Client;
  const several = ["a", "b", "c"].map((component) =>
    createEventRecorder({ client, clock, logger: silentLogger, component, refusals }),
  );
  const all = async () => {
    for (const one of several) {
      one.event(pod, "Normal", "Killing", `at ${clock.now().getTime()}`);
      await one.flush();
    }
  };
  await all();
  expect(tries).toBe(1);
  clock.advance(1001);
  for (const one of several) one.event(pod, "Normal", "Killing", "all at once");
  await Promise.all(several.map((one) => one.flush()));
  expect(tries).toBe(2);
});

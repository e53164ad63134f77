import { expect, test } from "vitest";
import { ApiError, type Client, type EventRecorder, ManualClock, silentLogger, systemClock } from "../client/index.ts";
import type { Node } from "../openapi/api/core.v1.ts";
import { nodeEvents } from "./node-events.ts";
import { startHeartbeat } from "./node-heartbeat.ts";
import type { NodeFacts } from "./node-status.ts";

const facts = {
  name: "n",
  addresses: [],
  capacity: {},
  images: [],
  features: {},
} as unknown as NodeFacts; // as much as a status is made from here

test("a node that is there from an earlier life is taken over, also when the server goes away meanwhile", async () => {
  const known = { kind: "Node", apiVersion: "v1", metadata: { name: "n", uid: "u" }, status: {} };
  const asked: string[] = [];
  const client = {
    async create(resource: string) {
      asked.push(`create ${resource}`);
      if (resource === "v1/nodes") throw new ApiError(409, { reason: "AlreadyExists" });
      return {};
    },
    async get() {
      asked.push("get");
      if (asked.length < 3) throw new Error("read ECONNRESET");
      return known as Node;
    },
    patch: async () => known,
  } as unknown as Client;
  const told: string[] = [];
  const recorder = { event: (_about: unknown, ...words: string[]) => void told.push(words.join(" ")) };
  const events = nodeEvents(recorder as unknown as EventRecorder, "n");
  const heartbeat = startHeartbeat({ client, clock: systemClock, logger: silentLogger, events, facts: () => facts });
  expect((await heartbeat.registered).metadata.uid).toBe("u");
  heartbeat.stop();
  expect(told).toEqual([
    "Normal Starting Starting kubelet.",
    "Normal NodeHasSufficientMemory Node n status is now: NodeHasSufficientMemory",
    "Normal NodeHasNoDiskPressure Node n status is now: NodeHasNoDiskPressure",
    "Normal NodeHasSufficientPID Node n status is now: NodeHasSufficientPID",
    "Normal NodeAllocatableEnforced Updated Node Allocatable limit across pods",
    "Normal NodeReady Node n status is now: NodeReady",
  ]);
  expect(asked.slice(0, 4)).toEqual(["create v1/nodes", "get", "create v1/nodes", "get"]);
});

interface Advertised {
  name: string;
  capacity: Record<string, string>;
  allocatable: Record<string, string>;
  written: Record<string, string | null> | undefined;
}

test.each<Advertised>([
  {
    name: "an extended resource is for Pods with the next heartbeat",
    capacity: { cpu: "8", "example.com/dongle": "4" },
    allocatable: { cpu: "8" },
    written: { cpu: "8", "example.com/dongle": "4" },
  },
  {
    name: "another amount of it too",
    capacity: { cpu: "8", "example.com/dongle": "2" },
    allocatable: { cpu: "8", "example.com/dongle": "4" },
    written: { cpu: "8", "example.com/dongle": "2" },
  },
  {
    name: "what is gone from the capacity is no Pod's any more",
    capacity: { cpu: "8" },
    allocatable: { cpu: "8", "example.com/dongle": "4" },
    written: { cpu: "8", "example.com/dongle": null },
  },
  {
    name: "what is advertised already is not written again",
    capacity: { cpu: "8", "example.com/dongle": "4" },
    allocatable: { cpu: "8", "example.com/dongle": "4" },
    written: undefined,
  },
  {
    name: "resources of Kubernetes' own are not somebody else's to advertise",
    capacity: { cpu: "8", "hugepages-2Mi": "4Mi", "example.kubernetes.io/dongle": "4" },
    allocatable: { cpu: "8" },
    written: undefined,
  },
])("capacity that somebody else wrote: $name", async ({ capacity, allocatable, written }) => {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const node = (status: object) => ({
    kind: "Node",
    apiVersion: "v1",
    metadata: { name: "n", uid: "u" },
    spec: {},
    status,
  });
  const patches: { status: { allocatable: unknown } }[] = [];
  let beats = 0;
  const client = {
    create: async (resource: string, object: Node) => (resource === "v1/nodes" ? node(object.status ?? {}) : object),
    update: async (_resource: string, object: unknown) => object,
    get: async () => {
      beats++;
      return node({ capacity, allocatable });
    },
    async patch(_resource: string, _where: object, patch: { status: { allocatable: unknown } }) {
      patches.push(patch);
      return node({ capacity, allocatable: patch.status.allocatable });
    },
  } as unknown as Client;
  const events = nodeEvents({ event: () => undefined } as unknown as EventRecorder, "n");
  const options = { client, clock, logger: silentLogger, events, facts: () => ({ ...facts, capacity: { cpu: "8" } }) };
  const heartbeat = startHeartbeat(options);
  await heartbeat.registered;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(beats).toBe(0);
  clock.advance(10_000);
  await turn();
  heartbeat.stop();
  expect(beats).toBeGreaterThan(0);
  expect(patches.map(({ status }) => status.allocatable)).toEqual(written ? [written] : []);
});

import { expect, test } from "vitest";
import { ApiError, type Client, type EventRecorder, silentLogger, systemClock } from "../client/index.ts";
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

import { expect, test } from "vitest";
import type { EventRecorder } from "../client/index.ts";
import type { Node, NodeCondition } from "../openapi/api/core.v1.ts";
import { nodeEvents } from "./node-events.ts";

const conditions = (of: Partial<Record<string, string>>) =>
  Object.entries(of).map(([type, status]) => ({ type, status })) as NodeCondition[];

test.each([
  { before: { Ready: "True" }, now: { Ready: "True" }, tells: [] },
  { before: { Ready: "Unknown" }, now: { Ready: "True" }, tells: ["NodeReady"] },
  { before: { Ready: "True" }, now: { Ready: "False" }, tells: ["NodeNotReady"] },
  { before: { MemoryPressure: "False" }, now: { MemoryPressure: "True" }, tells: ["NodeHasInsufficientMemory"] },
  { before: { MemoryPressure: "True" }, now: { MemoryPressure: "False" }, tells: ["NodeHasSufficientMemory"] },
  { before: { DiskPressure: "False" }, now: { DiskPressure: "True" }, tells: ["NodeHasDiskPressure"] },
  { before: { PIDPressure: "True" }, now: { PIDPressure: "False" }, tells: ["NodeHasSufficientPID"] },
  { before: {}, now: { Ready: "True", DiskPressure: "False" }, tells: ["NodeReady", "NodeHasNoDiskPressure"] },
])("a node that was $before and is $now tells of $tells", ({ before, now, tells }) => {
  const told: unknown[][] = [];
  const recorder = { event: (...words: unknown[]) => void told.push(words) } as unknown as EventRecorder;
  const node = { metadata: { name: "n" }, spec: {}, status: { conditions: conditions(before) } } as unknown as Node;
  nodeEvents(recorder, "n").changed(node, conditions(now));
  const about = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  expect(told).toEqual(tells.map((reason) => [about, "Normal", reason, `Node n status is now: ${reason}`]));
});

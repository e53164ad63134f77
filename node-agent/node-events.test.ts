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
  nodeEvents(recorder, "n").changed(node, { conditions: conditions(now) } as never); // no more is read
  const about = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  expect(told).toEqual(tells.map((reason) => [about, "Normal", reason, `Node n status is now: ${reason}`]));
});

test("a machine that was started anew says so once its agent is back", () => {
  const told: unknown[][] = [];
  const recorder = { event: (...words: unknown[]) => void told.push(words) } as unknown as EventRecorder;
  const status = (bootID: string) => ({ conditions: [], nodeInfo: { bootID } }) as never; // no more is read
  const { started } = nodeEvents(recorder, "n");
  const before = { metadata: { name: "n" }, spec: {}, status: status("one") } as unknown as Node;
  for (const boot of ["one", "two"]) started(before, status(boot));
  const about = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  expect(told.filter(([, type]) => type === "Warning")).toEqual([
    [about, "Warning", "Rebooted", "Node n has been rebooted, boot id: two"],
  ]);
});

test("a node tells of others' word on whether it takes Pods once each time", () => {
  const told: unknown[] = [];
  const recorder = { event: (...words: unknown[]) => void told.push(words[2]) } as unknown as EventRecorder;
  const events = nodeEvents(recorder, "n");
  for (const unschedulable of [undefined, true, true, false, undefined])
    events.seen({ metadata: {}, spec: { ...(unschedulable !== undefined && { unschedulable }) } } as unknown as Node);
  expect(told).toEqual(["NodeNotSchedulable", "NodeSchedulable"]);
});

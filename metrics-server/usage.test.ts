import { expect, test } from "vitest";
import type { NodeSample } from "./exposition.ts";
import { type Points, usageOf, withSample } from "./usage.ts";

const second = (seconds: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + seconds * 1000);

/** One second after midnight: containers of one Pod, each with its start; all use half a core all the time. */
function look(at: number, started: Readonly<Record<string, number>>): NodeSample {
  const containers = Object.entries(started).map(([container, start]) => {
    const counted = { at: second(at), cpuSeconds: (at - start) / 2, memoryBytes: 5, startedAt: second(start) };
    return [`ns/web/${container}`, { ...counted, namespace: "ns", pod: "web", container }] as const;
  });
  return { at: second(at), containers: new Map(containers) };
}

/** Seconds that each container is rated over; nothing for a Pod that has no metrics. */
function windows(looks: readonly NodeSample[]): Record<string, number> | undefined {
  const points = looks.reduce<Points | undefined>(withSample, undefined);
  const found = points && usageOf(points).pods.get("ns/web");
  for (const { cpuNanoCores } of found ?? []) expect(cpuNanoCores).toBe(500_000_000);
  return found && Object.fromEntries(found.map(({ container, windowMs }) => [container, windowMs / 1000]));
}

test.each<[string, NodeSample[], Record<string, number> | undefined]>([
  ["seen once", [look(100, { a: 0 })], undefined],
  ["seen twice", [look(100, { a: 0 }), look(112, { a: 0 })], { a: 12 }],
  ["seen twice while young", [look(5, { a: 0 }), look(8, { a: 0 })], { a: 3 }],
  ["a moment old at its first look", [look(1, {}), look(1.306, { a: 1 })], undefined],
  ["9 s old at its first look", [look(9, { a: 0 })], undefined],
  ["10 s old at its first look", [look(10, { a: 0 })], { a: 10 }],
  ["10 s old and seen before", [look(5, { a: 0 }), look(10, { a: 0 })], { a: 10 }],
  ["16 s old and seen before", [look(10, { a: 0 }), look(16, { a: 0 })], { a: 6 }],
  ["started between two looks that are far apart", [look(10, {}), look(60, { a: 20 })], { a: 40 }],
  ["restarted a moment ago", [look(90, { a: 0 }), look(100, { a: 0 }), look(110, { a: 108 })], undefined],
  ["beside one that is new", [look(100, { a: 0 }), look(110, { a: 0, b: 108 })], undefined],
  ["looked at again without anything new", [look(90, { a: 0 }), look(100, { a: 0 }), look(100, { a: 0 })], { a: 10 }],
])("a container %s", (_, looks, expected) => {
  expect(windows(looks)).toEqual(expected);
});

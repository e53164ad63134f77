import { expect, test } from "vitest";
import { crossed, EVICTION_HARD, mostUrgent, parseThresholds } from "./threshold.ts";

const MI = 2 ** 20;
const of = (available: number) => ({ available: available * MI, capacity: 1000 * MI });

test.each([
  [{ memory: 200, nodefs: 500, imagefs: 500 }, []],
  [{ memory: 99, nodefs: 500, imagefs: 500 }, ["memory.available"]],
  [{ memory: 200, nodefs: 99, imagefs: 500 }, ["nodefs.available"]],
  [{ memory: 200, nodefs: 140, imagefs: 140 }, ["imagefs.available"]],
  [{ memory: 1, nodefs: 1, imagefs: 1 }, ["memory.available", "nodefs.available", "imagefs.available"]],
])("of 1000 Mi each, with %o left, kubelet's defaults are crossed in %o", ({ memory, nodefs, imagefs }, signals) => {
  const observed = { "memory.available": of(memory), "nodefs.available": of(nodefs), "imagefs.available": of(imagefs) };
  const found = crossed(parseThresholds({ hard: EVICTION_HARD }), observed, { reclaimed: false });
  expect(found.map(({ signal }) => signal)).toEqual(signals);
});

test("inodes and processes are counted too", () => {
  const thresholds = parseThresholds({ hard: `${EVICTION_HARD},pid.available<100` });
  const few = { available: 49, capacity: 1000 };
  const observed = { "nodefs.inodesFree": few, "imagefs.inodesFree": few, "pid.available": few };
  const found = crossed(thresholds, observed, { reclaimed: false });
  expect(found.map(({ signal }) => signal)).toEqual(["nodefs.inodesFree", "imagefs.inodesFree", "pid.available"]);
});

test("a shortage is over when as much as wanted has been reclaimed", () => {
  const thresholds = parseThresholds({ hard: "nodefs.available<100Mi", minimumReclaim: "nodefs.available=5%" });
  const at = (available: number, reclaimed: boolean) =>
    crossed(thresholds, { "nodefs.available": of(available) }, { reclaimed }).length;
  expect([at(99, false), at(100, false), at(149, true), at(150, true)]).toEqual([1, 0, 1, 0]);
});

test("memory is most urgent", () => {
  const thresholds = parseThresholds({ hard: "nodefs.available<1,memory.available<1" });
  expect(mostUrgent(thresholds)?.signal).toBe("memory.available");
});

test("soft thresholds have their grace period, and what is never or always crossed is left out", () => {
  const soft = "memory.available<300Mi,nodefs.available<0%";
  const softGracePeriod = "memory.available=1m30s,nodefs.available=1m";
  expect(parseThresholds({ hard: "nodefs.available<100%", soft, softGracePeriod })).toEqual([
    { signal: "memory.available", value: "300Mi", graceMs: 90_000 },
  ]);
});

test("what is not said is kubelet's own only when that is wanted", () => {
  const of = (mergeDefaults: boolean) => parseThresholds({ hard: "nodefs.available<1%", mergeDefaults });
  expect(of(false).map(({ value }) => value)).toEqual(["1%"]);
  expect(of(true).map(({ value }) => value)).toEqual(["1%", "100Mi", "5%", "15%", "5%"]);
});

test.each([
  [{ hard: "memory<1" }, "unsupported eviction signal memory"],
  [{ hard: "memory.available>1Mi" }, 'malformed pair "memory.available>1Mi"'],
  [{ hard: "nodefs.available<much" }, '"much" is no amount'],
  [{ hard: "nodefs.available<101%" }, "eviction percentage threshold nodefs.available must be <= 100%: 101%"],
  [{ hard: "nodefs.available<0" }, "eviction threshold nodefs.available must be positive: 0"],
  [
    { hard: "", soft: "memory.available<1Mi" },
    "grace period must be specified for the soft eviction threshold memory.available",
  ],
  [{ hard: "", softGracePeriod: "memory.available=soon" }, 'invalid eviction grace period "soon"'],
  [{ hard: "", minimumReclaim: "memory.available=some" }, '"some" is no amount'],
])("%o is refused", (texts, message) => {
  expect(() => parseThresholds(texts)).toThrow(message);
});

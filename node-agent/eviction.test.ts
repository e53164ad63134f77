import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { crossed, EVICTION_HARD, evictionMessage, parseThresholds, victim } from "./eviction.ts";

const MI = 2 ** 20;
const observed = (memory: number, disk: number) => ({
  "memory.available": { available: memory * MI, capacity: 1000 * MI },
  "nodefs.available": { available: disk * MI, capacity: 1000 * MI },
});
const pod = (name: string, priority: number, request: string, annotations = {}) =>
  ({
    metadata: { name, uid: name, annotations },
    spec: { priority, containers: [{ name: "c", resources: { requests: { memory: request } } }] },
  }) as unknown as Pod; // no more is read
const uses = (podUid: string, mebibytes: number) => ({
  podUid,
  container: "c",
  startedAt: new Date(0),
  at: new Date(0),
  cpuNanoSeconds: 0,
  workingSetBytes: mebibytes * MI,
});

test.each([
  [200, 500, []],
  [99, 500, ["memory.available"]],
  [200, 99, ["nodefs.available"]],
  [1, 1, ["memory.available", "nodefs.available"]],
])("with %d Mi of memory and %d Mi of disk left, crossed is %o", (memory, disk, signals) => {
  const found = crossed(parseThresholds(EVICTION_HARD), observed(memory, disk));
  expect(found.map(({ signal }) => signal)).toEqual(signals);
});

test.each(["memory<1", "memory.available>1Mi", "nodefs.available<much"])("threshold %s is refused", (text) => {
  expect(() => parseThresholds(text)).toThrow("eviction threshold");
});

test("who uses more than was asked for goes first, then by priority, then by how much more", () => {
  const modest = pod("modest", -1, "100Mi");
  const greedy = pod("greedy", 5, "10Mi");
  const greedier = pod("greedier", 5, "10Mi");
  const important = pod("important", 9, "10Mi");
  const critical = pod("critical", 2_000_000_000, "0");
  const own = pod("own", 0, "0", { "kubernetes.io/config.source": "file" });
  const stats = [uses("modest", 50), uses("greedy", 20), uses("greedier", 30), uses("important", 90), uses("own", 99)];
  const left = [important, own, modest, critical, greedy, greedier];
  const order: string[] = [];
  for (let next = victim(left, stats, "memory.available"); next; next = victim(left, stats, "memory.available")) {
    order.push(next.metadata.name ?? "");
    left.splice(left.indexOf(next), 1);
  }
  expect(order).toEqual(["greedier", "greedy", "important", "modest"]);
});

test("the message says how low the node was, and who used too much", () => {
  const [threshold] = parseThresholds("memory.available<100Mi");
  if (!threshold) throw new Error("one was given");
  expect(evictionMessage(threshold, observed(52, 500), pod("greedy", 0, "10Mi"), [uses("greedy", 20)])).toBe(
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. " +
      "Container c was using 20Mi, request is 10Mi, has larger consumption of memory. ",
  );
});

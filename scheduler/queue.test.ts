import { expect, test } from "vitest";
import { ManualClock } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { defaultConfiguration } from "./config/load.ts";
import { noDevices } from "./devices/no-devices.ts";
import type { Listers } from "./framework.ts";
import { createProfile } from "./profile.ts";
import { SchedulingQueue } from "./queue.ts";

const preempting = new Set<string>();
const [configuration] = defaultConfiguration().profiles;
if (!configuration) throw new Error("no profile");
const profile = createProfile(configuration, { isPreempting: (uid) => preempting.has(uid), devices: noDevices });

const pod = (name: string, spec: Partial<Pod["spec"]> = {}): Pod => ({
  metadata: { name, uid: name, namespace: "default" },
  spec: { containers: [{ name: "c", resources: {} }], ...spec },
  status: {},
});
const placed = (name: string) => pod(name, { nodeName: "n" });

function queueOf(): { queue: SchedulingQueue; clock: ManualClock; names: () => string[] } {
  const clock = new ManualClock(new Date(0));
  const queue = new SchedulingQueue({
    clock,
    profileOf: () => profile,
    // No hint that is tried here looks at anything else.
    listers: {} as Listers,
    firstBackoff: 1000,
    longestBackoff: 10_000,
    wake: () => {},
  });
  const names = () => {
    const found: string[] = [];
    for (let item = queue.pop(); item; item = queue.pop()) {
      found.push(item.pod.metadata.name ?? "");
      queue.done(item.pod.metadata.uid ?? "");
    }
    return found;
  };
  return { queue, clock, names };
}

/** Puts a Pod in and lets its first attempt fail. */
function refused(queue: SchedulingQueue, object: Pod, by: string[]): void {
  queue.set(object);
  const item = queue.pop();
  if (!item) throw new Error("nothing to try");
  queue.failed(item, object, new Set(by));
}

test("Pods come by priority, then by age", () => {
  const { queue, clock, names } = queueOf();
  for (const [name, priority] of [
    ["a", 0],
    ["b", 5],
    ["c", 0],
    ["d", 5],
  ] as const) {
    queue.set(pod(name, { priority }));
    clock.advance(1);
  }
  expect(names()).toEqual(["b", "d", "a", "c"]);
});

test("only events that may help wake a Pod that was refused", () => {
  const { queue, names } = queueOf();
  refused(queue, pod("a"), ["NodeResourcesFit"]);
  queue.onEvent("pod/add", { now: placed("x") });
  queue.onEvent("node/taints", { now: { metadata: { name: "n" }, spec: {} } as never });
  expect(names()).toEqual([]);
  queue.onEvent("pod/delete", { old: pod("elsewhere") });
  expect(names()).toEqual([]);
  queue.onEvent("pod/delete", { old: placed("x") });
  expect(names()).toEqual(["a"]);
});

test("an event during the attempt is not missed", () => {
  const { queue, names } = queueOf();
  queue.set(pod("a"));
  const item = queue.pop();
  queue.onEvent("pod/delete", { old: placed("x") });
  if (item) queue.failed(item, item.pod, new Set(["NodeResourcesFit"]));
  expect(names()).toEqual(["a"]);
});

test("after an error a Pod waits for its pause, which grows", () => {
  const { queue, clock, names } = queueOf();
  refused(queue, pod("a"), []);
  clock.advance(1000);
  expect(queue.pop()).toBeUndefined();
  clock.advance(1000);
  const item = queue.pop();
  expect(item?.attempts).toBe(2);
  if (item) queue.failed(item, item.pod, new Set());
  clock.advance(2000);
  expect(names()).toEqual([]);
  clock.advance(1000);
  expect(names()).toEqual(["a"]);
});

test("a gated Pod comes once its gates are gone", () => {
  const { queue, names } = queueOf();
  queue.set(pod("a", { schedulingGates: [{ name: "wait" }] }));
  expect(queue.pending).toMatchObject({ gated: 1, active: 0 });
  expect(names()).toEqual([]);
  queue.set(pod("a"), pod("a", { schedulingGates: [{ name: "wait" }] }), ["pod/gates"]);
  expect(names()).toEqual(["a"]);
});

test("a Pod whose victims are being evicted waits for the last of them", () => {
  const { queue, names } = queueOf();
  refused(queue, pod("a"), ["NodeResourcesFit"]);
  preempting.add("a");
  queue.onEvent("pod/delete", { old: placed("victim 1") });
  expect(names()).toEqual([]);
  preempting.delete("a");
  queue.onEvent("pod/delete", { old: placed("victim 2") });
  expect(names()).toEqual(["a"]);
});

test("a Pod that nothing wakes is tried again after five minutes", () => {
  const { queue, clock, names } = queueOf();
  refused(queue, pod("a"), ["NodeAffinity"]);
  for (let n = 0; n < 9; n++) clock.advance(30_000);
  expect(names()).toEqual([]);
  for (let n = 0; n < 3; n++) clock.advance(30_000);
  expect(names()).toEqual(["a"]);
});

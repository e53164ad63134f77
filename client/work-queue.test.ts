import { expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { itemExponentialFailure, tokenBucket, WorkQueue } from "./work-queue.ts";

const START = new Date("2026-01-01T00:00:00Z");

test("an item added while it is processed comes again, once, and not before it is done", async () => {
  const queue = new WorkQueue(new ManualClock(START), itemExponentialFailure(5, 1000));
  queue.add("a");
  queue.add("a");
  expect(await queue.next()).toBe("a");
  queue.add("a");
  queue.add("a");
  expect(queue.length).toBe(0);
  queue.done("a");
  expect(queue.length).toBe(1);
  expect(await queue.next()).toBe("a");
  queue.done("a");
  expect(queue.length).toBe(0);
});

test("a waiting worker gets the next item, and undefined when the queue stops", async () => {
  const queue = new WorkQueue(new ManualClock(START), itemExponentialFailure(5, 1000));
  const first = queue.next();
  const second = queue.next();
  queue.add("a");
  expect(await first).toBe("a");
  queue.stop();
  expect(await second).toBeUndefined();
});

test("of two delays the earlier one counts", () => {
  const clock = new ManualClock(START);
  const queue = new WorkQueue(clock, itemExponentialFailure(5, 1000));
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("a", 200);
  clock.advance(49);
  expect(queue.length).toBe(0);
  clock.advance(1);
  expect(queue.length).toBe(1);
});

test("failures double the wait up to the longest, until forgotten", () => {
  const limiter = itemExponentialFailure(5, 30);
  expect([1, 2, 3, 4, 5].map(() => limiter.when("a"))).toEqual([5, 10, 20, 30, 30]);
  limiter.forget("a");
  expect(limiter.when("a")).toBe(5);
});

test("a bucket gives its burst at once, then one at a time", () => {
  const clock = new ManualClock(START);
  const bucket = tokenBucket(10, 2, clock);
  expect([1, 2, 3, 4].map(() => bucket.when("x"))).toEqual([0, 0, 100, 200]);
  clock.advance(1000);
  expect(bucket.tryTake()).toBe(true);
});

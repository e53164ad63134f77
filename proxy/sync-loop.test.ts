import { expect, test } from "vitest";
import { ManualClock } from "../client/index.ts";
import { SyncLoop } from "./sync-loop.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function looped(sync: () => Promise<number | undefined>) {
  const clock = new ManualClock(new Date(0));
  const at: number[] = [];
  const loop = new SyncLoop({
    clock,
    pause: 100,
    retry: 3000,
    sync() {
      at.push(clock.now().getTime());
      return sync();
    },
  });
  return { clock, loop, at };
}

test("the first request is met at once, those that follow together after the pause", async () => {
  const { clock, loop, at } = looped(async () => undefined);
  loop.request();
  loop.request();
  await settle();
  loop.request();
  loop.request();
  for (let step = 0; step < 4; step++) {
    clock.advance(50);
    await settle();
  }
  expect(at).toEqual([0, 100]);
});

test("one that fails is tried again, or sooner when something changes", async () => {
  const { clock, loop, at } = looped(() => Promise.reject(new Error("refused")));
  loop.request();
  await settle();
  clock.advance(3000);
  await settle();
  clock.advance(500);
  loop.request();
  await settle();
  expect(at).toEqual([0, 3000, 3500]);
});

test("a sync may ask for the next, and a stop is a stop", async () => {
  const { clock, loop, at } = looped(async () => 1000);
  loop.request();
  await settle();
  clock.advance(1000);
  await settle();
  await loop.stop();
  clock.advance(10_000);
  loop.request();
  await settle();
  expect(at).toEqual([0, 1000]);
});

import { expect, test } from "vitest";
import { notFound } from "../meta/errors.ts";
import { KeyQueue, type KeyQueueOptions } from "./key-queue.ts";

const GONE = notFound({ group: "", resource: "x" }, "a");

/** @param outcomes of one call after the other; what is gone comes again @returns how long the key had to wait after each */
async function waits(outcomes: readonly ("again" | Error | undefined)[], more: Partial<KeyQueueOptions> = {}) {
  const waited: number[] = [];
  const errors: unknown[] = [];
  const left = [...outcomes];
  await new Promise<void>((resolve) => {
    const queue = new KeyQueue({
      clock: {
        now: () => 0,
        after(milliseconds, run) {
          waited.push(milliseconds);
          setImmediate(run);
          return () => undefined;
        },
      },
      async sync() {
        const outcome = left.shift();
        if (left.length === 0) setImmediate(resolve);
        else if (outcome === GONE) setImmediate(() => queue.add("a"));
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      onError: (error) => errors.push(error),
      ...more,
    });
    queue.add("a");
  });
  return { waited, errors };
}

const BROKEN = new Error("broken");

test.each<{ what: string; outcomes: readonly ("again" | Error | undefined)[]; waited: number[]; errors: number }>([
  { what: "what is done", outcomes: [undefined], waited: [], errors: 0 },
  {
    what: "what failed, longer each time",
    outcomes: [BROKEN, BROKEN, BROKEN, undefined],
    waited: [50, 100, 200],
    errors: 3,
  },
  {
    what: "what is to come again, which is no error",
    outcomes: ["again", "again", undefined],
    waited: [50, 100],
    errors: 0,
  },
  { what: "what is gone", outcomes: [GONE], waited: [], errors: 0 },
  {
    what: "what was gone meanwhile, from the start again",
    outcomes: [BROKEN, BROKEN, GONE, BROKEN, undefined],
    waited: [50, 100, 50],
    errors: 3,
  },
])("a key waits by its own failures in turn: $what", async ({ outcomes, waited, errors }) => {
  const found = await waits(outcomes);
  expect([found.waited, found.errors.length]).toEqual([waited, errors]);
});

test("how long, and at most, is said by whom the queue is of", async () => {
  const retryMilliseconds = { first: 5000, last: 30_000 };
  const { waited } = await waits(["again", "again", "again", "again", undefined], { retryMilliseconds });
  expect(waited).toEqual([5000, 10_000, 20_000, 30_000]);
});

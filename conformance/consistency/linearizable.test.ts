import fc from "fast-check";
import { expect, test } from "vitest";
import { isLinearizable, type Operation } from "./linearizable.ts";

const read = (invoked: number, returned: number, value: string): Operation => ({
  invoked,
  returned,
  did: { kind: "read", value },
});
const swap = (invoked: number, returned: number, from: string, to: string, refused = false): Operation => {
  const outcome = returned === Number.POSITIVE_INFINITY ? "unknown" : refused ? "refused" : "done";
  return { invoked, returned, did: { kind: "swap", from, to, outcome } };
};
const never = Number.POSITIVE_INFINITY;

test.each<[string, boolean, Operation[]]>([
  ["nothing", true, []],
  ["a read of what was there", true, [read(0, 1, "a")]],
  ["a read of what never was", false, [read(0, 1, "z")]],
  ["a read after a swap", true, [swap(0, 1, "a", "b"), read(2, 3, "b")]],
  ["a stale read after a swap", false, [swap(0, 1, "a", "b"), read(2, 3, "a")]],
  ["a read during a swap, of either", true, [swap(0, 3, "a", "b"), read(1, 2, "a")]],
  ["the same, seeing it early", true, [swap(0, 3, "a", "b"), read(1, 2, "b")]],
  ["reads that go back", false, [swap(0, 9, "a", "b"), read(1, 2, "b"), read(3, 4, "a")]],
  ["two swaps from one value", false, [swap(0, 5, "a", "b"), swap(0, 5, "a", "c")]],
  ["one of two wins", true, [swap(0, 5, "a", "b"), swap(0, 5, "a", "c", true)]],
  ["a swap refused without cause", false, [swap(0, 1, "a", "b", true)]],
  ["an unanswered swap that happened late", true, [swap(0, never, "a", "b"), read(1, 2, "a"), read(8, 9, "b")]],
  ["an unanswered swap that never happened", true, [swap(0, never, "a", "b"), read(8, 9, "a")]],
  [
    "an unanswered swap that was undone",
    false,
    [swap(0, never, "a", "b"), read(1, 2, "b"), read(3, 4, "a"), read(5, 6, "b")],
  ],
  ["an answered swap that was lost", false, [swap(0, 1, "a", "b"), swap(2, 3, "b", "c"), read(4, 5, "b")]],
])("%s: %s", (_, expected, operations) => {
  expect(isLinearizable(operations, "a")).toBe(expected);
});

/** A register's life in order, each operation's time stretched to both sides. */
const history = fc
  .array(fc.record({ isRead: fc.boolean(), before: fc.nat(25), after: fc.nat(25), fits: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let value = "a";
    return steps.map(({ isRead, before, after, fits }, n): Operation => {
      const at = n * 10;
      if (isRead) return read(at - before, at + after, value);
      const operation = swap(at - before, at + after, fits ? value : "other", `${n}`, !fits);
      if (fits) value = `${n}`;
      return operation;
    });
  });

test("whatever happened in some order is found to be possible, and a value from nowhere is not", () => {
  fc.assert(
    fc.property(history, fc.nat(), (operations, at) => {
      expect(isLinearizable(operations, "a")).toBe(true);
      const { invoked, returned } = operations[at % operations.length]!;
      expect(isLinearizable([...operations, read(invoked, returned, "nowhere")], "a")).toBe(false);
    }),
    { numRuns: 100 },
  );
});

import { expect, test } from "vitest";
import { repeated } from "./repeated.ts";

test.each([
  [[], []],
  [["a", "b"], []],
  [
    ["a", "b", "a", "a"],
    [2, 3],
  ],
  [[undefined, "", undefined], [2]],
])("of %j the items %j are repeated", (items, expected) => {
  expect([...repeated(items, (item) => item)]).toEqual(expected);
});

test("long lists take time in proportion to their length", () => {
  const items = Array.from({ length: 200_000 }, (_, i) => ({ name: `n${i}` }));
  expect(repeated(items, ({ name }) => name).size).toBe(0);
});

import { expect, test } from "vitest";
import { OwnWrites } from "./own-writes.ts";

const slice = (generation: number) => ({ metadata: { name: "s", uid: "u", generation } });

test("own writes explain what is seen until somebody else writes", () => {
  const own = new OwnWrites();
  expect(own.explain(slice(1), false)).toBe(false);
  own.wrote(slice(2));
  expect([1, 2, 3].map((generation) => own.explain(slice(generation), false))).toEqual([true, true, false]);
});

test("a deletion is explained once, when it was our own", () => {
  const own = new OwnWrites();
  own.wrote(slice(1));
  expect(own.explain(slice(1), true)).toBe(false);
  own.deleted("u");
  expect([own.explain(slice(1), true), own.explain(slice(1), true)]).toEqual([true, false]);
});

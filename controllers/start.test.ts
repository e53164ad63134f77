import { expect, test } from "vitest";
import { select } from "./start.ts";

const all = ["a", "b", "c"].map((name) => ({ name }));

test.each([
  { wish: "*", chosen: ["a", "b", "c"] },
  { wish: "*,-b", chosen: ["a", "c"] },
  { wish: "b", chosen: ["b"] },
  { wish: "-b", chosen: [] },
])("--controllers=$wish runs $chosen", ({ wish, chosen }) => {
  expect(select(all, wish.split(",")).map(({ name }) => name)).toEqual(chosen);
});

test("--controllers refuses a name that does not exist", () => {
  expect(() => select(all, ["*", "-d"])).toThrow('"d" is not in the list of known controllers');
});

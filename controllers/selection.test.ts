import { expect, test } from "vitest";
import { select } from "./selection.ts";

const all = ["a", "b", "c"].map((name) => ({ name }));

test.each([
  { wish: "*", chosen: ["a", "b", "c"] },
  { wish: "*,-b", chosen: ["a", "c"] },
  { wish: "b", chosen: ["b"] },
  { wish: "-b", chosen: [] },
  { wish: "-b,b,*", chosen: ["a", "c"] },
  { wish: "b,-b", chosen: ["b"] },
  { wish: "*,-csrsigning,-node-ipam-controller", chosen: ["a", "b", "c"] },
])("--controllers=$wish runs $chosen", ({ wish, chosen }) => {
  expect(select(all, wish.split(",")).map(({ name }) => name)).toEqual(chosen);
});

test.each([
  { wish: "*,-d", message: '"d" is not in the list of known controllers' },
  { wish: "-*", message: '"*" is not in the list of known controllers' },
  {
    wish: "d,e",
    message: '["d" is not in the list of known controllers, "e" is not in the list of known controllers]',
  },
])("--controllers=$wish is refused: $message", ({ wish, message }) => {
  expect(() => select(all, wish.split(","))).toThrow(message);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { deepCopy, semanticEqual } from "./equality.ts";

test.each([
  [{ a: 1, b: [1] }, { b: [1], a: 1 }, true],
  [{ a: undefined }, {}, true],
  [{ a: [] }, {}, true],
  [{ a: {} }, {}, false],
  [{ a: [1, 2] }, { a: [2, 1] }, false],
  [{ a: null }, { b: null }, true],
  [[], {}, false],
  ["1", 1, false],
])("%j and %j are equal: %s", (a, b, equal) => {
  expect(semanticEqual(a, b)).toBe(equal);
});

test("a copy is equal and shares nothing", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = deepCopy(value);
      expect(copy).toEqual(value);
      expect(semanticEqual(copy, value)).toBe(true);
      if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
    }),
  );
});

test("a member named __proto__ is copied like any other", () => {
  const copy = deepCopy(JSON.parse('{"__proto__":{"a":1}}'));
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1}}');
});

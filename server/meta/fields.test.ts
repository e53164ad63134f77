import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeFieldValue, fieldSelectorOf, parseFieldSelector, requiredFieldValue } from "./fields.ts";

test.each([
  ["metadata.name=a,metadata.name=b", "metadata.name=a,metadata.name=b", { "metadata.name": "a" }, false],
  ["metadata.name!=a", "metadata.name!=a", { "metadata.name": "b" }, true],
  ["b=2,a==1", "a=1,b=2", { a: "1", b: "2" }, true],
  [String.raw`a=x\,y`, String.raw`a=x\,y`, { a: "x,y" }, true],
  ["=a", "=a", {}, false],
  ["a=,,", "a=", {}, true],
])("%s prints as %s; %j is selected: %s", (text, canonical, fields, selected) => {
  const selector = parseFieldSelector(text);
  expect(selector.toString()).toBe(canonical);
  // A table of literals of different keys has no common type.
  expect(selector.matches(fields as never)).toBe(selected);
});

test.each([
  ["metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ["a=b,c in (d)", "invalid selector: 'a=b,c in (d)'; can't understand 'c in (d)'"],
  ["metadata.name=a=b", "invalid field selector: unescaped character in value: 61"],
  [String.raw`a=\x`, String.raw`invalid field selector: invalid escape sequence: \x`],
  ["a=b\\", "invalid field selector: invalid escape sequence: \\"],
])("%s is refused: %s", (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(new Error(message));
});

test("the value that an index can be asked for is that of an equality", () => {
  const selector = parseFieldSelector("spec.nodeName=n,metadata.name!=a");
  expect(requiredFieldValue(selector, "spec.nodeName")).toBe("n");
  expect(requiredFieldValue(selector, "metadata.name")).toBeUndefined();
});

test("every value survives printing and parsing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      const printed = fieldSelectorOf([{ field: "f", operator: "=", value }]).toString();
      expect(printed).toBe(`f=${escapeFieldValue(value)}`);
      expect(parseFieldSelector(printed).requirements).toEqual([{ field: "f", operator: "=", value }]);
    }),
  );
});

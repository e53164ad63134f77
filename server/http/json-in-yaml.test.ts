import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonInYaml } from "./json-in-yaml.ts";
import { parseAsYaml } from "./parse-yaml.ts";

const key = fc.oneof(fc.constantFrom("a", "b", "10", "9", "__proto__", "ü", "𝒳", "\uffee", "yes", "~"), fc.string());
const leaf = fc.oneof(
  fc.constantFrom(0, 1, -1, 1.5, 1e21, 1e-7, 9007199254740991, null, true, "1", "yes", "0x10", "2026-01-01", "<<", ""),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
  fc.string({ unit: "binary" }),
);
const { object } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaf, tie("object"), fc.array(tie("value"), { maxLength: 3 })),
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
}));

test("JSON is read as YAML reads it, keys in order, or left to YAML", () => {
  let read = 0;
  const check = (value: unknown, indent: number) => {
    const text = JSON.stringify(value, undefined, indent);
    const quick = jsonInYaml(text);
    if (!quick) return;
    read++;
    const { value: slow, duplicates } = parseAsYaml(text);
    expect(duplicates).toEqual([]);
    expect(quick.value).toStrictEqual(slow);
    expect(JSON.stringify(quick.value)).toBe(JSON.stringify(slow));
  };
  fc.assert(fc.property(object, fc.constantFrom(0, 2), check), { numRuns: 500 });
  expect(read).toBeGreaterThan(100);
});

test.each([
  ["plain YAML", "a: 1\n"],
  ["a list", "[]"],
  ["what is neither", '{"a": 1'],
  ["keys that come twice", '{"a": {"b": 1, "b": 1}}'],
  ["a merge key", '{"<<": {"a": 1}}'],
  ["surrogates", '{"a": "\\ud835\\udcb3"}'],
  ["a tab", '{"a":\t1}'],
  ["a line separator", '{"a": "x\u2028y"}'],
  ["an integer that no double holds", '{"a": 9007199254740993}'],
  ["minus zero", '{"a": -0}'],
  ["what overflows", '{"a": 1e999}'],
  ["a very long key", JSON.stringify({ [`k${"x".repeat(1100)}`]: 1 })],
])("%s is left to YAML", (_, text) => expect(jsonInYaml(text)).toBeUndefined());

test("colons in texts are no members", () => {
  expect(jsonInYaml('{"a:\\"b": "c:d\\\\", "e": {}}')).toEqual({ value: { 'a:"b': "c:d\\", e: {} } });
});

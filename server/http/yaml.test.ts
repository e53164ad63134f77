import fc from "fast-check";
import { expect, test } from "vitest";
import { toYaml } from "../../openapi/yaml.ts";
import { parseYaml } from "./parse-yaml.ts";

test.each([
  [{ b: 1, a: [{ y: 2, x: "v" }] }, 'a:\n- x: v\n  "y": 2\nb: 1\n'],
  [{ a: {}, b: [], c: null, d: "" }, 'a: {}\nb: []\nc: null\nd: ""\n'],
  [
    { a: "1", b: "true", c: "null", d: "2026-01-01T00:00:00Z", e: "1e3", f: "no" },
    'a: "1"\nb: "true"\nc: "null"\nd: "2026-01-01T00:00:00Z"\ne: "1e3"\nf: "no"\n',
  ],
  [{ a: "two\nlines\n", b: "one\ntwo", c: "x\n\n" }, "a: |\n  two\n  lines\nb: |-\n  one\n  two\nc: |+\n  x\n\n"],
  [
    { a: "# no", b: "a: b", c: "- x", d: " x", e: "it's: x", f: "a#b" },
    "a: '# no'\nb: 'a: b'\nc: '- x'\nd: ' x'\ne: 'it''s: x'\nf: a#b\n",
  ],
  [{ a: "tab\there" }, 'a: "tab\\there"\n'],
  [{ x10: 1, x9: 2, "a-b": 3, ab: 4 }, "a-b: 3\nab: 4\nx9: 2\nx10: 1\n"],
  [{ ".": {}, "f:a": {} }, ".: {}\nf:a: {}\n"],
  [[["a", "b"], []], "- - a\n  - b\n- []\n"],
  [
    [2 ** 63, 1e19, 1e20, -1e19, 1.5, 1e-7],
    "- 9223372036854776000\n- 10000000000000000000\n- 1e+20\n- -1e+19\n- 1.5\n- 1e-07\n",
  ],
])("%j is written as sigs.k8s.io/yaml does", (value, text) => {
  expect(toYaml(value)).toBe(text);
});

test("long text is folded past 80 columns, at a single space", () => {
  const message =
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "t"';
  expect(toYaml({ message })).toBe(
    'message: \'pods is forbidden: User "system:anonymous" cannot list resource "pods" in\n  API group "" in the namespace "t"\'\n',
  );
});

test("whatever is written reads back the same", () => {
  const leaf = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean(), fc.constant(null));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("value")), fc.dictionary(fc.string(), tie("value"))),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (data) => {
      expect(parseYaml(Buffer.from(toYaml(data))).value).toEqual(JSON.parse(JSON.stringify(data)));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["{a: 1}{}", { a: 1 }],
  ["{a: 1}} # c\n{x", { a: 1 }],
  ["[1]\n- 2", [1]],
  ['"x" y', "x"],
  ["  a: b\nc: d", { a: "b" }],
])("what comes after the first value has closed is not read: %s", (text, value) => {
  expect(JSON.stringify(parseYaml(Buffer.from(text)).value)).toBe(JSON.stringify(value));
});

test.each([
  ["a: @b", "found character that cannot start any token"],
  ["a: 1\nb: {c: |d}", "line 2: found character that cannot start any token"],
  ["a: 1\nb:\n- ,c", "line 2: did not find expected node content"],
  ["a: }", "did not find expected node content"],
  ["{a: [1, 2}", "did not find expected ',' or ']'"],
  ["[{a: 1]", "did not find expected ',' or '}'"],
  ["{a: 1", "line 1: did not find expected ',' or '}'"],
  ["{a:", "line 1: did not find expected node content"],
  ["{a: '}'", "line 1: did not find expected ',' or '}'"],
  ["a:\n  b: [1,\n  2\n", "line 3: did not find expected ',' or ']'"],
  ["a: {b: c\nd: e\n", "line 1: did not find expected ',' or '}'"],
  ["a: b: c", "mapping values are not allowed in this context"],
  ["a:\n  b: c\n   d: e", "line 3: mapping values are not allowed in this context"],
  ["a:\n  b: c\n d: e", "line 2: did not find expected key"],
  ["a: b\n- c", "line 1: did not find expected key"],
  ["a:\n  - b\n - c", "line 2: did not find expected key"],
  ["- a\nb: c", "line 1: did not find expected '-' indicator"],
  ["a: 1\nb\nc: 2", "line 3: could not find expected ':'"],
  ["a: 1\nb", "line 3: could not find expected ':'"],
  ["a: 'x\nb: y", "line 2: found unexpected end of stream"],
  ['a: "\\q"', "found unknown escape character"],
  ["a: 1\nb: |x\n", "line 2: did not find expected comment or line break"],
  ["a: *b", "unknown anchor 'b' referenced"],
  ["<<: 1", "map merge requires map or sequence of maps as the value"],
  ["%x\na: b", "found unknown directive name"],
])("%j is refused in go-yaml's words", (text, message) => {
  expect(() => parseYaml(Buffer.from(text))).toThrow(new Error(`yaml: ${message}`));
});

test.each([
  ['{"a": "\\ud83d\\udc49"}', "yaml: found invalid Unicode character escape code"],
  ['a: 1\nb: "x \\uDC49"\n', "yaml: line 2: found invalid Unicode character escape code"],
])("YAML knows no surrogates: %s", (text, message) => {
  expect(() => parseYaml(Buffer.from(text))).toThrow(message);
});

test.each([
  ['a: "\\\\ud83d"\n', "\\ud83d"],
  ["a: '\\ud83d'\n", "\\ud83d"],
  ['a: "\\u00e9 👉"\n', "é 👉"],
])("what looks like one in %s is text", (text, a) => {
  expect(parseYaml(Buffer.from(text)).value).toEqual({ a });
});

test.each([
  ["a: 123456789012345678.0\n", 123456789012345680n],
  ["a: 1e17\n", 100000000000000000n],
  ['{"a": 1e17}', 100000000000000000n],
  ['{"a": [-1e18]}', [-1000000000000000000n]],
  ["a: 1e19\n", 1e19],
  ['{"a": 1e30}', 1e30],
  ['{"a": 1.5}', 1.5],
  ["a: 2.0\n", 2],
])("a number in %s is %s, as Go prints it for JSON", (text, a) => {
  expect(parseYaml(Buffer.from(text)).value).toEqual({ a });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  everything,
  formatLabelSelector,
  labelSelectorFrom,
  parseLabelSelector,
  requiredLabelValue,
} from "./labels.ts";

test.each([
  ["a", "a", { a: "" }, {}],
  ["!a", "!a", { b: "" }, { a: "" }],
  ["a=b", "a=b", { a: "b" }, {}],
  ["a==b", "a==b", { a: "b" }, { a: "c" }],
  ["a!=b", "a!=b", {}, { a: "b" }],
  ["a in (c,b)", "a in (b,c)", { a: "c" }, {}],
  ["a notin (b)", "a notin (b)", {}, { a: "b" }],
  ["a>1", "a>1", { a: "2" }, { a: "x" }],
  ["a<1", "a<1", { a: "-2" }, { a: "1" }],
  ["a in ()", "a in ()", { a: "" }, { a: "b" }],
  ["a in (,b,)", "a in (,b)", { a: "" }, {}],
  ["b,!a", "!a,b", { b: "" }, { a: "", b: "" }],
  ["a= b", "a=b", { a: "b" }, {}],
  ["a=", "a=", { a: "" }, {}],
  ["in in (in, notin)", "in in (in,notin)", { in: "notin" }, {}],
  ["constructor", "constructor", { constructor: "x" }, {}],
])("%s prints as %s, selects %j and not %j", (text, canonical, selected, rejected) => {
  const selector = parseLabelSelector(text);
  expect(selector.toString()).toBe(canonical);
  // A table of literals of different keys has no common type.
  expect([selector.matches(selected as never), selector.matches(rejected as never)]).toEqual([true, false]);
});

test.each([
  ["a in", "unable to parse requirement: found '' expected: '('"],
  ["a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in (b,", "unable to parse requirement: found '', expected: ',', or identifier"],
  ["a in (b=c)", "unable to parse requirement: found '=', expected: ',' or ')'"],
  ["a=b=c", "found '=', expected: ',' or 'end of string'"],
  ["!a=b", "found '=', expected: ',' or 'end of string'"],
  ["a,", "found '', expected: identifier after ','"],
  [",,", "found ',', expected: !, identifier, or 'end of string'"],
  ["!", "unable to parse requirement: found '', expected: identifier"],
  ["a==(", "unable to parse requirement: found '(', expected: identifier"],
  ["x y", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"],
  [
    "a>x",
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  [
    "a=-b",
    "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
  [
    "A/B/C=d",
    "unable to parse requirement: <nil>: Invalid value: \"A/B/C\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
  [
    `a=${"x".repeat(64)}`,
    `unable to parse requirement: values[0][a]: Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`,
  ],
])("%s is refused: %s", (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(new Error(message));
});

test("an absent selector of an API object selects nothing and an empty one everything", () => {
  expect(labelSelectorFrom(undefined).matches({})).toBe(false);
  expect(labelSelectorFrom({})).toBe(everything);
  expect(formatLabelSelector({})).toBe("<none>");
});

test("a selector of an API object is printed in the text form", () => {
  const fields = {
    matchLabels: { b: "1" },
    matchExpressions: [
      { key: "a", operator: "In", values: ["y", "x"] },
      { key: "c", operator: "DoesNotExist" },
    ],
  };
  expect(formatLabelSelector(fields)).toBe("a in (x,y),b=1,!c");
  expect(requiredLabelValue(labelSelectorFrom(fields), "b")).toBe("1");
  const wrong = { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] };
  expect(() => labelSelectorFrom(wrong)).toThrow('"Gt" is not a valid label selector operator');
  expect(formatLabelSelector(wrong)).toBe("<error>");
});

const word = fc.constantFrom("a", "b", "in", "notin", "x-1", "k8s.io/name");
const value = fc.constantFrom("", "a", "in", "1", "2_0");
const requirement = fc.oneof(
  fc.tuple(word, fc.constantFrom("=", "==", "!="), value).map((parts) => parts.join("")),
  fc.tuple(word, fc.constantFrom(" in ", " notin "), fc.array(value)).map(([k, op, v]) => `${k}${op}(${v.join(",")})`),
  word,
  word.map((key) => `!${key}`),
);

test("what is printed parses to a selector that prints and selects the same", () => {
  fc.assert(
    fc.property(fc.array(requirement), fc.dictionary(word, value), (requirements, labels) => {
      const selector = parseLabelSelector(requirements.join(","));
      const again = parseLabelSelector(selector.toString());
      expect(again.toString()).toBe(selector.toString());
      expect(again.matches(labels)).toBe(selector.matches(labels));
    }),
  );
});

test("any text parses or is refused, and nothing else happens", () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab1 =!<>(),/-\tin".split(""), " in ", "notin") });
  fc.assert(
    fc.property(text, (selector) => {
      try {
        parseLabelSelector(selector);
      } catch (error) {
        expect(String(error)).toMatch(/found '|Invalid value/);
      }
    }),
  );
});

import { expect, test } from "vitest";
import type { JSONSchemaProps } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { rulesOf } from "./evaluate-rules.ts";
import { validateRules } from "./validate-rules.ts";

type Rule = NonNullable<JSONSchemaProps["x-kubernetes-validations"]>[number];
const text = { type: "string" };
const schemaOf = (properties: object, ...rules: Partial<Rule>[]) =>
  ({ type: "object", properties, "x-kubernetes-validations": rules }) as JSONSchemaProps;
const itemRule = (rule: string, more: object = {}) => ({
  l: { type: "array", ...more, items: { type: "string", "x-kubernetes-validations": [{ rule }] } },
});
const problems = (schema: JSONSchemaProps, old?: JSONSchemaProps) =>
  validateRules(schema, "s", { old, isBroken: () => false }).map((error) => error.message());
const advice =
  "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";

test.each([
  ["a sound rule", schemaOf({ a: text }, { rule: "self.a == 'x'" }), []],
  [
    "a rule that is no claim",
    schemaOf({ a: text }, { rule: "self.a" }),
    [expect.stringMatching(/^s\.x-kubernetes-validations\[0\]\.rule: .*: cel expression must evaluate to a bool$/)],
  ],
  [
    "an unneeded optionalOldSelf",
    schemaOf({ a: text }, { rule: "true", optionalOldSelf: true }),
    [
      "s.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule",
    ],
  ],
  [
    "an old value nobody can tell",
    schemaOf(itemRule("self == oldSelf", { maxItems: 5 })),
    [
      `s.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]`,
    ],
  ],
  [
    "a rule too expensive for its list",
    schemaOf(itemRule("self.contains('x')", { maxItems: 60 })),
    [
      `s.properties[l].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.9x ${advice}`,
    ],
  ],
])("a definition with %s is told so", (_, schema, wanted) => {
  expect(problems(schema)).toEqual(wanted);
});

test("an update that leaves a schema as it was is not refused for its rules' cost", () => {
  const schema = schemaOf(itemRule("self.contains('x')", { maxItems: 60 }));
  expect(problems(schema, schema)).toEqual([]);
});

const limits = { min: { type: "integer" }, max: { type: "integer" }, name: { ...text, nullable: true } };
const ordered: Partial<Rule> = { rule: "self.min <= self.max", message: " too big ", fieldPath: ".min" };
test.each([
  ["a sound object", [ordered], { min: 1, max: 2 }, undefined, []],
  ["a broken rule", [ordered], { min: 3, max: 2 }, undefined, ["min: Invalid value: too big"]],
  [
    "a rule that fails",
    [ordered],
    { min: 3 },
    undefined,
    [`<nil>: Invalid value: "object": no such key: max evaluating rule: too big`],
  ],
  [
    "a message that is made",
    [{ ...ordered, messageExpression: "'min ' + string(self.min)" }],
    { min: 3, max: 2 },
    undefined,
    ["min: Invalid value: min 3"],
  ],
  [
    "a message that cannot be used",
    [{ ...ordered, messageExpression: "'a\\nb'" }],
    { min: 3, max: 2 },
    undefined,
    ["min: Invalid value: too big"],
  ],
  ["a null, which is as good as absent", [{ rule: "!has(self.name)" }], { name: null }, undefined, []],
  ["a transition on create", [{ rule: "self.min >= oldSelf.min" }], { min: 1 }, undefined, []],
  [
    "a transition on update",
    [{ rule: "self.min >= oldSelf.min" }],
    { min: 1 },
    { min: 2 },
    ["<nil>: Invalid value: failed rule: self.min >= oldSelf.min"],
  ],
  [
    "an optional transition on create",
    [{ rule: "oldSelf.hasValue()", optionalOldSelf: true, reason: "FieldValueRequired" }],
    { min: 1 },
    undefined,
    ["<nil>: Required value: failed rule: oldSelf.hasValue()"],
  ],
])("%s", (_, rules, value, old, wanted) => {
  const compiled = rulesOf(schemaOf(limits, ...rules), false);
  expect(compiled?.validate(value, old).errors.map((error) => error.message())).toEqual(wanted);
});

test.each([[1], [1.5], [9007199254740993n]])("the number %s is a double, whatever it was sent as", (n) => {
  const rules = rulesOf(schemaOf({ n: { type: "number" } }, { rule: "self.n > 0.5 && type(self.n) == double" }), false);
  expect(rules?.validate({ n }, undefined).errors).toEqual([]);
});

test("compilations and evaluations are timed, the inner ones too", () => {
  let seconds = 0;
  const told: string[] = [];
  const observer = {
    clock: () => ++seconds,
    compiled: (took: number) => told.push(`compiled ${took}`),
    evaluated: (took: number) => told.push(`evaluated ${took}`),
  };
  const rules = rulesOf(schemaOf({ a: schemaOf(limits, ordered), b: text }), false, observer);
  rules?.validate({ a: { min: 1, max: 2 }, b: "x" }, undefined);
  rules?.validate({ b: "x" }, undefined);
  expect(told).toEqual(["compiled 1", "evaluated 3", "evaluated 5", "evaluated 1"]);
});

test("what was broken before and is unchanged is warned of only", () => {
  const rules = rulesOf(schemaOf({ a: schemaOf(limits, ordered), b: text }), false);
  const a = { min: 3, max: 2 };
  const found = rules?.validate({ a, b: "new" }, { a, b: "old" });
  expect(found).toEqual({ errors: [], warnings: ["a.min: Invalid value: too big"] });
});

test("a rule that costs too much at run time ends the validation", () => {
  const list = { l: { type: "array", items: { type: "integer" } } };
  const rule = "self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))";
  const rules = rulesOf(schemaOf(list, { rule }, { rule: "false" }), false);
  const l = Array.from({ length: 100 }, (_, index) => index);
  const texts = rules?.validate({ l }, undefined).errors.map((error) => error.message());
  expect(texts).toEqual([
    `<nil>: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`,
  ]);
});

test.each([
  ["self.", "1:6: Syntax error: no viable alternative at input '.'"],
  ["(1", "1:3: Syntax error: missing ')' at '<EOF>'"],
  ["[1", "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}"],
  ["self.l.all(x, 1)", "1:15: expected type 'bool' but found 'int'"],
  ["self.l == self.o", "1:8: found no matching overload for '_==_' applied to '(list(string), selfType.o)'"],
])("the rule %s does not compile", (rule, problem) => {
  const fields = { l: { type: "array", maxItems: 2, items: text }, o: { type: "object", properties: {} } };
  expect(problems(schemaOf(fields, { rule }))).toEqual([expect.stringContaining(problem)]);
});

test("sets and lists with keys are equal in any order, bytes are decoded, names are escaped", () => {
  const keyed = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] };
  const fields = {
    set: { type: "array", "x-kubernetes-list-type": "set", items: text },
    map: { type: "array", ...keyed, items: { type: "object", properties: { k: text } } },
    bytes: { type: "string", format: "byte" },
    "foo-bar": text,
  };
  const rule = "self == oldSelf && self.bytes == b'abc' && self.foo__dash__bar == 'x'";
  const value = { set: ["a", "b"], map: [{ k: "a" }, { k: "b" }], bytes: "YWJj", "foo-bar": "x" };
  const old = { ...value, set: ["b", "a"], map: [{ k: "b" }, { k: "a" }] };
  expect(rulesOf(schemaOf(fields, { rule }), false)?.validate(value, old).errors).toEqual([]);
});

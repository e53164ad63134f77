import { expect, test } from "vitest";
import type { JsonSchema } from "./json-schema.ts";
import { validateValue } from "./validator.ts";

/** As written in YAML: the wire types of schemas in schemas are looser than these. */
const spec = (schema: object): JsonSchema => ({ type: "object", properties: { a: schema as JsonSchema } });

test.each<[string, object, unknown, string[]]>([
  ["a type", { type: "string" }, 1, ['a: Invalid value: "integer": a in body must be of type string: "integer"']],
  [
    "int-or-string",
    { "x-kubernetes-int-or-string": true },
    true,
    ['a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"'],
  ],
  ["null", { type: "string" }, null, ['a: Invalid value: "null": a in body must be of type string: "null"']],
  ["nullable", { type: "string", nullable: true }, null, []],
  ["an enum", { type: "string", enum: ["x", "y"] }, "z", ['a: Unsupported value: "z": supported values: "x", "y"']],
  ["an enum of integers, to which a fraction is cut", { type: "number", enum: [1, 2.5] }, 1.5, []],
  ["an enum of a fraction", { type: "number", enum: [2.5] }, 2, ['a: Unsupported value: 2: supported values: "2.5"']],
  [
    "an integer that no double holds exactly, sent as a float",
    { type: "integer" },
    1.2345678901234568e17,
    ['a: Invalid value: "number": a in body must be of type integer: "number"'],
  ],
  ["such an integer, sent as one", { type: "integer" }, 123456789012345678n, []],
  ["a length", { type: "string", maxLength: 2 }, "xyz", ["a: Too long: may not be more than 2 bytes"]],
  [
    "a pattern",
    { type: "string", pattern: "^[a-z]+$" },
    "A",
    ["a: Invalid value: \"A\": a in body should match '^[a-z]+$'"],
  ],
  [
    "a format",
    { type: "string", format: "date-time" },
    "now",
    ['a: Invalid value: "now": a in body must be of type date-time: "now"'],
  ],
  [
    "the same in two branches, once",
    { type: "string", allOf: [{ enum: ["x"] }, { enum: ["x"] }] },
    "z",
    [
      'a: Unsupported value: "z": supported values: "x"',
      '<nil>: Invalid value: "": "a" must validate all the schemas (allOf). None validated',
    ],
  ],
  ["an unknown format", { type: "string", format: "shoe-size" }, "now", []],
  [
    "a maximum",
    { type: "integer", maximum: 3 },
    4,
    ["a: Invalid value: 4: a in body should be less than or equal to 3"],
  ],
  [
    "a maximum of floats, with exponents as Go prints them",
    { type: "number", maximum: 1000000.5 },
    123456789.5,
    ["a: Invalid value: 1.234567895e+08: a in body should be less than or equal to 1.0000005e+06"],
  ],
  [
    "an exclusive minimum",
    { type: "number", minimum: 0, exclusiveMinimum: true },
    0,
    ["a: Invalid value: 0: a in body should be greater than 0"],
  ],
  [
    "int32",
    { type: "integer", format: "int32" },
    2 ** 31,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a'],
  ],
  [
    "too many properties, and what is wrong with them",
    { type: "object", maxProperties: 1, properties: { b: { type: "string" }, c: { type: "integer" } } },
    { b: 1, c: 2 },
    [
      "a: Too many: 2: must have at most 1 item",
      'a.b: Invalid value: "integer": a.b in body must be of type string: "integer"',
    ],
  ],
  [
    "too few properties, and those that have to be there",
    { type: "object", minProperties: 1, required: ["b"], properties: { b: { type: "string" } } },
    {},
    ["a: Invalid value: 0: a in body should have at least 1 properties", "a.b: Required value"],
  ],
  [
    "too many items",
    { type: "array", maxItems: 1, items: { type: "integer" } },
    [1, 2],
    ["a: Too many: 2: must have at most 1 item"],
  ],
  [
    "an item",
    { type: "array", items: { type: "integer" } },
    [1, "x"],
    ['a[1]: Invalid value: "string": a[1] in body must be of type integer: "string"'],
  ],
  ["a required field", { type: "object", required: ["b"] }, {}, ["a.b: Required value"]],
  [
    "additional fields",
    { type: "object", additionalProperties: { type: "integer" } },
    { k: "v" },
    ['a.k: Invalid value: "string": a.k in body must be of type integer: "string"'],
  ],
  [
    "one of two",
    { oneOf: [{ required: ["x"] }, { required: ["y"] }] },
    {},
    [
      '<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found none valid',
      "a.x: Required value",
    ],
  ],
  ["not", { not: { required: ["x"] } }, { x: 1 }, ['<nil>: Invalid value: "": "a" must not validate the schema (not)']],
])("%s is checked in upstream's words", (_, schema, value, messages) => {
  expect(validateValue({ a: value }, spec(schema)).map((error) => error.message())).toEqual(messages);
});

const list = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["k"],
  items: { type: "object", properties: { k: { type: "string" }, v: { type: "integer", maximum: 1 } } },
};

test.each([
  ["what was wrong before", { a: [{ k: "x", v: 9 }], b: 1 }, { a: [{ k: "x", v: 9 }], b: 2 }, 0],
  [
    "another item's old error",
    { a: [{ k: "x", v: 9 }] },
    {
      a: [
        { k: "y", v: 1 },
        { k: "x", v: 9 },
      ],
    },
    0,
  ],
  ["nothing that changed", { a: [{ k: "x", v: 9 }] }, { a: [{ k: "x", v: 8 }] }, 1],
])("an update is forgiven %s", (_, old, value, errors) => {
  expect(validateValue(value, spec(list), "", { value: old })).toHaveLength(errors);
});

test.each([
  ["a large integer", { type: "integer" }, 1e20, ["number", "integer"]],
  ["a fraction as factor of an integer", { type: "number", multipleOf: 0.5 }, 3, ["must be positive: 0"]],
  ["a fraction as limit of an integer", { type: "number", minimum: 1.5 }, 1, []],
  [
    "a large limit of a fraction, which is a float",
    { type: "number", minimum: 2000000 },
    1.5,
    ["should be greater than or equal to 2e+06"],
  ],
  [
    "a large limit of an integer",
    { type: "number", minimum: 2000000 },
    1,
    ["should be greater than or equal to 2000000"],
  ],
  ["a fraction for an int-or-string", { "x-kubernetes-int-or-string": true }, 1.5, ["integer,string"]],
])("%s is judged as Go does", (_, schema, value, parts) => {
  const texts = validateValue(value, schema as JsonSchema, "s").map((error) => error.message());
  expect(texts).toEqual(parts.map((part) => expect.stringContaining(part)));
});

test("what a schema does not know cannot be forgiven for being unchanged", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } } as JsonSchema;
  const outer = { type: "object", properties: { o: { ...schema, required: ["b"] } } } as JsonSchema;
  const update = (o: object) => validateValue({ o, n: 1 }, outer, "s", { value: { o, n: 2 } }).length;
  expect(update({ a: "x" })).toBe(0);
  expect(update({ a: "x", unknown: 1 })).toBe(1);
});

import { expect, test } from "vitest";
import { applyDefaults, dropMisplacedNulls } from "./defaulting.ts";
import { followFieldPath } from "./field-path.ts";
import type { JsonSchema } from "./json-schema.ts";
import { validateListTypes } from "./list-types.ts";
import { prune } from "./pruning.ts";
import { validateStructural } from "./structural.ts";

const text = { type: "string" };
/** As written in YAML: the wire types of schemas in schemas are looser than these. */
const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more }) as JsonSchema;
const free = { "x-kubernetes-preserve-unknown-fields": true };

test.each<[string, JsonSchema, object, object, string[]]>([
  ["unknown fields", object({ a: text }), { a: "1", b: 2 }, { a: "1" }, ["b"]],
  [
    "fields of items",
    object({ l: { type: "array", items: object({ a: text }) } }),
    { l: [{ b: 1 }] },
    { l: [{}] },
    ["l[0].b"],
  ],
  ["nothing where all is kept", object({ o: object({}, free) }), { o: { x: { y: 1 } } }, { o: { x: { y: 1 } } }, []],
  [
    "what is named below kept fields",
    object({ o: object({ t: object({ k: text }) }, free) }),
    { o: { t: { z: 1 }, u: 1 } },
    { o: { t: {}, u: 1 } },
    ["o.t.z"],
  ],
  [
    "not the identity of a resource",
    object({}),
    { kind: "K", metadata: { name: "n" } },
    { kind: "K", metadata: { name: "n" } },
    [],
  ],
])("pruning takes out %s", (_, schema, value, kept, paths) => {
  const unknown: string[] = [];
  prune(value, schema, true, (path) => unknown.push(path));
  expect([value, unknown]).toEqual([kept, paths]);
});

test("defaults fill in, also where null is no value", () => {
  const schema = object({
    d: { ...text, default: "d" },
    n: { ...text, default: "n", nullable: true },
    o: object({ deep: { type: "integer", default: 5 } }, { default: {} }),
    none: text,
  });
  const value = { d: null, n: null, none: null };
  dropMisplacedNulls(value, schema);
  applyDefaults(value, schema);
  expect(value).toEqual({ d: "d", n: null, o: { deep: 5 } });
});

test("sets and keyed lists hold nothing twice", () => {
  const set = { type: "array", "x-kubernetes-list-type": "set", items: text };
  const map = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k", "j"],
    items: object({}),
  };
  const value = { s: ["a", "b", "a", "a"], m: [{ k: 1 }, { k: 1, j: 2 }, { k: 1, v: 3 }] };
  expect(validateListTypes(value, object({ s: set, m: map })).map((error) => error.message())).toEqual([
    'm[2]: Duplicate value: {"k":1}',
    's[2]: Duplicate value: "a"',
  ]);
});

test.each<[string, JsonSchema, string[]]>([
  [
    "fields without types",
    object({ a: {} }),
    ["properties[a].type: Required value: must not be empty for specified object fields"],
  ],
  ["lists without items", object({ a: { type: "array" } }), ["properties[a].items: Required value: must be specified"]],
  [
    "types in logic",
    object({ a: { ...text, anyOf: [text] } }),
    ["properties[a].anyOf[0].type: Forbidden: must be empty to be structural"],
  ],
  [
    "fields that only logic names",
    object({}, { not: { properties: { a: {} } } }),
    ["properties[a]: Required value: because it is defined in not.properties[a]"],
  ],
  [
    "bad patterns",
    object({ a: { ...text, pattern: "(" } }),
    [expect.stringContaining("properties[a].pattern: Invalid value")],
  ],
])("a structural schema has no %s", (_, schema, messages) => {
  expect(validateStructural(schema, "").map((error) => error.message())).toEqual(messages);
});

test.each([
  [".spec.color", "spec.color"],
  [".spec.nope", "does not refer to a valid field"],
  ["spec", "expected [ or . but got: spec"],
  [".spec['color']", "array notation is not allowed"],
])("the field path %s is %s", (path, expected) => {
  const found = followFieldPath(path, object({ spec: object({ color: text }) }), false);
  expect(typeof found === "string" ? found : found.path).toBe(expected);
});

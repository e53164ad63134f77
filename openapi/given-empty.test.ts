import { describe, expect, test } from "vitest";
import type { ConfigMap } from "./api/core.v1.ts";
import { coerce, decodeJson } from "./decode.ts";
import { clearField, givenAlike, hasGivenEmpty, isGiven, orEmpty } from "./given-empty.ts";
import { schemaOf } from "./types.ts";

const schema = schemaOf("io.k8s.api.core.v1.ConfigMap");
const decode = (text: string) => decodeJson<ConfigMap>(Buffer.from(text), schema, "Ignore").value;

// A key that is no field, and one that comes twice, take the slow half of decoding.
describe.each(["", ',"unknown":1', ',"immutable":true,"immutable":true'])("in a body with %j", (more) => {
  test.each<[string, keyof ConfigMap, unknown]>([
    ['"data":{}', "data", {}],
    ['"data":null', "data", undefined],
    ['"kind":""', "kind", undefined],
    ['"data":{"a":"b"}', "data", { a: "b" }],
    ['"metadata":{}', "data", undefined],
  ])("%s gives %s as %j, and no empty one is there", (body, field, given) => {
    const object = decode(`{${body}${more}}`);
    expect(orEmpty(object, field)).toEqual(given);
    expect(isGiven(object, field)).toBe(given !== undefined);
    expect(object).not.toHaveProperty(field, {});
    expect(hasGivenEmpty(object)).toBe(body === '"data":{}');
  });
});

test("a list is remembered where it was given, and the whole says that there is one", () => {
  const object = decode('{"metadata":{"finalizers":[],"labels":{"a":"b"}}}');
  const { labels: _labels, ...rest } = object.metadata ?? {};
  expect(orEmpty(rest, "finalizers")).toEqual([]);
  expect(isGiven(object.metadata, "labels")).toBe(true);
  expect(isGiven(object.metadata, "annotations")).toBe(false);
  expect(hasGivenEmpty({ ...object, kind: "x" })).toBe(true);
  expect(JSON.stringify(object)).toBe('{"metadata":{"labels":{"a":"b"}}}');
});

test("what is decoded a second time has forgotten", () => {
  expect(hasGivenEmpty(coerce(decode('{"data":{}}'), schema, "Ignore").value)).toBe(false);
});

test("a field that is cleared is nothing, not even empty", () => {
  const object = decode('{"data":{},"binaryData":{}}');
  clearField(object, "data");
  expect([isGiven(object, "data"), isGiven(object, "binaryData")]).toEqual([false, true]);
});

test.each([
  ['{"data":{}}', "{}", false],
  ['{"data":{}}', '{"data":{}}', true],
  ['{"data":{}}', '{"binaryData":{}}', false],
  ['{"metadata":{"labels":{}}}', "{}", true], // only their own fields are looked at
])("%s and %s were given alike: %s", (a, b, alike) => {
  expect(givenAlike(decode(a), decode(b))).toBe(alike);
  expect(givenAlike(decode(b), decode(a))).toBe(alike);
});

/** Random objects of any built-in type, for property tests: fast-check arbitraries made from the schema. */
import fc from "fast-check";
import type { Field, Schema } from "./schema.ts";
import { schemaOf } from "./types.ts";

/** Odd on purpose: escapes, markup, letters beyond ASCII and beyond the basic plane. */
const text = fc.oneof(
  fc.constantFrom("a", "web-1", '<b> & "c"\\', "ü\u2028\n", "𝒳", "__proto__", "constructor"),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const quantity = fc.constantFrom("1", "100m", "1500m", "128Mi", "1Gi", "3k", "500u", "12e6", "-5", "0");
const instant = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19));
const json = fc.jsonValue({ maxDepth: 2, noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)));
const plainObject = fc.dictionary(fc.constantFrom("a", "b", "f:spec"), fc.constantFrom({}, "x", 1, true), {
  minKeys: 1,
});
const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/** Objects of a kind. @param depth objects nested at most */
export function arbitraryKind(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const typeMeta = fc.record({ kind: text, apiVersion: text });
  return fc.tuple(typeMeta, arbitraryOf(schema, depth)).map(([names, object]) => Object.assign({}, object, names));
}

/** Values of one node of a shape. @param values that a text, or the texts inside, mostly takes */
function arbitraryOf(schema: Schema, depth: number, values?: readonly string[]): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case "object":
      return arbitraryObject([...(schema.fields?.values() ?? [])], depth);
    case "list":
      return fc.array(arbitraryOf(schema.items ?? { type: "any" }, depth, values), { minLength: 1, maxLength: 2 });
    case "map":
      return fc.dictionary(text, arbitraryOf(schema.items ?? { type: "any" }, depth, values), {
        minKeys: 1,
        maxKeys: 2,
      });
    case "string":
      return values ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, text) : text;
    case "int32":
      return fc.integer();
    case "int64":
      return fc.maxSafeInteger();
    case "double":
      return fc.constantFrom(0.5, -3, 1e21, 1e-7, 123456.789);
    case "boolean":
      return fc.boolean();
    case "bytes":
      return fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "quantity":
      return quantity;
    case "int-or-string":
      return fc.oneof(fc.integer(), text);
    case "time":
      return instant.map((seconds) => `${seconds}Z`);
    case "micro-time":
      return instant.map((seconds) => `${seconds}.012345Z`);
    case "duration":
      return fc.constantFrom("1h0m0s", "1.5s", "30s");
    case "raw":
    case "fields-v1":
      return plainObject;
    case "any":
      return arbitraryUnion(schema.name ?? "", depth);
  }
}

function arbitraryUnion(name: string, depth: number): fc.Arbitrary<unknown> {
  if (name === `${APIEXTENSIONS}JSON` || !name.startsWith(APIEXTENSIONS)) return json.filter((value) => value !== null);
  const schema = depth > 0 ? arbitraryOf(schemaOf(`${APIEXTENSIONS}JSONSchemaProps`), depth - 1) : fc.constant({});
  if (name.endsWith("OrBool")) return fc.oneof(fc.boolean(), schema);
  const list = name.endsWith("OrStringArray") ? text : schema;
  return fc.oneof(schema, fc.array(list, { minLength: 1, maxLength: 2 }));
}

function arbitraryObject(fields: readonly Field[], depth: number): fc.Arbitrary<unknown> {
  const isDeep = ({ schema }: Field) => ["object", "list", "map", "any"].includes(schema.type) || schema.name;
  // Inside lists, kind and apiVersion do not travel in protobuf.
  const isTypeMeta = ({ name, pb }: Field) => pb === undefined && (name === "kind" || name === "apiVersion");
  const possible = fields.filter((field) => !isTypeMeta(field) && (depth > 0 || !isDeep(field)));
  // Few of many fields at a time, so that deep ones are reached before objects get large.
  return fc
    .subarray([...possible], { maxLength: Math.min(possible.length, 6) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(chosen.map((field) => [field.name, arbitraryOf(field.schema, depth - 1, field.enum)])),
      ),
    );
}

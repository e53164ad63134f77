import type { JSONSchemaProps } from "../../../../openapi/api/apiextensions.k8s.io.v1.ts";

/** One node of a CRD's schema, in canonical form: pointers to zero values are kept, other zero values are absent. */
export type JsonSchema = JSONSchemaProps;

/** Any JSON object. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `items` where it is a schema, as structural schemas have it. */
export function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  return isObject(schema.items) ? (schema.items as JsonSchema) : undefined; // the union's other side is a list
}

/** `items` where it is a list of schemas, which no structural schema has. */
export function itemListOf(schema: JsonSchema): readonly JsonSchema[] {
  const items: unknown = schema.items;
  return Array.isArray(items) ? items : [];
}

/** `additionalProperties` where it is a schema. */
export function additionalOf(schema: JsonSchema): JsonSchema | undefined {
  const additional: unknown = schema.additionalProperties;
  return isObject(additional) ? (additional as JsonSchema) : undefined; // the union's other side is a boolean
}

/** Own properties only: `constructor` is a fine name of one. */
export function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const { properties } = schema;
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** A path one field further; paths of roots are empty. */
export function child(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

/** Names in byte order, which errors are listed in where upstream has the random order of maps. */
export function sortedKeys(object: object | undefined): string[] {
  return object ? Object.keys(object).sort() : [];
}

function* below(schema: JsonSchema): Generator<JsonSchema> {
  const lists = [itemListOf(schema), schema.allOf, schema.anyOf, schema.oneOf];
  const maps: unknown[] = [schema.properties, schema.patternProperties, schema.definitions, schema.dependencies];
  const single: unknown[] = [itemsOf(schema), schema.not, additionalOf(schema), schema.additionalItems];
  for (const list of lists) if (list) yield* list;
  // The casts: unions of schemas with booleans and lists of names, told apart by their form.
  for (const value of single) if (isObject(value)) yield value as JsonSchema;
  for (const map of maps) {
    if (isObject(map)) for (const value of Object.values(map)) if (isObject(value)) yield value as JsonSchema;
  }
}

/** Whether a node says yes, at any depth. (validation.SchemaHas) */
export function someSchema(schema: JsonSchema | undefined, test: (schema: JsonSchema) => boolean): boolean {
  if (!schema) return false;
  if (test(schema)) return true;
  for (const inner of below(schema)) if (someSchema(inner, test)) return true;
  return false;
}

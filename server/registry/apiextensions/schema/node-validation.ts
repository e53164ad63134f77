import { isGiven } from "../../../../openapi/given-empty.ts";
import { type FieldError, fieldForbidden, fieldNotSupported } from "../../../meta/field-error.ts";
import type { SchemaDemands } from "../schema-validation.ts";
import { validateExtensions, validateListKeys } from "./extension-validation.ts";
import {
  additionalOf,
  child,
  isObject,
  itemListOf,
  itemsOf,
  type JsonSchema,
  propertyOf,
  sortedKeys,
} from "./json-schema.ts";
import { validateRuleTexts } from "./rule-texts.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const META_FIELDS = new Set(["metadata", "kind", "apiVersion"]);

/** Where a node stands. */
export interface Place {
  readonly demands: SchemaDemands;
  readonly isRoot: boolean;
  /** Inside apiVersion, kind or metadata of the object or an embedded one. */
  readonly insideMeta: boolean;
  /** Why there may be no defaults here. */
  readonly noDefaults?: string;
}

/** (ValidateCustomResourceDefinitionOpenAPISchema) */
export function validateNode(schema: JsonSchema, path: string, place: Place): FieldError[] {
  const { demands, insideMeta } = place;
  const at = (name: string) => child(path, name);
  const below = { ...place, isRoot: false };
  const errors = validateKeywords(schema, path, place);
  const visit = (inner: JsonSchema | undefined, name: string, more: Partial<Place> = {}) => {
    if (inner) errors.push(...validateNode(inner, at(name), { ...below, ...more }));
  };
  if (schema.uniqueItems) {
    const text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    errors.push(fieldForbidden(at("uniqueItems"), text));
  }
  const additional: unknown = schema.additionalProperties;
  if (additional !== undefined) {
    if (Object.keys(schema.properties ?? {}).length > 0 && additional !== true) {
      errors.push(
        fieldForbidden(at("additionalProperties"), "additionalProperties and properties are mutual exclusive"),
      );
    }
    const reason = "inside additionalProperties applying to object metadata";
    visit(additionalOf(schema), "additionalProperties", insideMeta ? { noDefaults: reason } : {});
  }
  for (const name of sortedKeys(schema.properties)) {
    const isMeta = (place.isRoot || schema["x-kubernetes-embedded-resource"] === true) && META_FIELDS.has(name);
    visit(propertyOf(schema, name), `properties[${name}]`, {
      ...(isMeta && { insideMeta: true }),
      ...(isMeta && place.isRoot && { noDefaults: `in top-level ${name}` }),
    });
  }
  visit(schema.not, "not");
  for (const keyword of ["allOf", "oneOf", "anyOf"] as const) {
    for (const [index, inner] of (schema[keyword] ?? []).entries()) visit(inner, `${keyword}[${index}]`);
  }
  for (const [name, inner] of sortedSchemas(schema.definitions)) visit(inner, `definitions[${name}]`);
  visit(itemsOf(schema), "items");
  for (const [index, inner] of itemListOf(schema).entries()) visit(inner, `items[${index}]`);
  for (const [name, inner] of sortedSchemas(schema.dependencies)) visit(inner, `dependencies[${name}]`);
  errors.push(...validateExtensions(schema, path, demands));
  if (demands.soundListKeys) errors.push(...validateListKeys(schema, path));
  errors.push(...validateRuleTexts(schema, path));
  return errors;
}

/** Members of a map that are schemas: dependencies may be lists of names instead. */
function sortedSchemas(map: object | undefined): [name: string, schema: JsonSchema][] {
  return Object.entries(map ?? {})
    .filter(([, value]) => isObject(value))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** (specStandardValidatorV3) */
function validateKeywords(schema: JsonSchema, path: string, { demands, noDefaults, insideMeta }: Place): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors: FieldError[] = [];
  const { type } = schema;
  if (demands.validTypes && type && !TYPES.includes(type)) errors.push(fieldNotSupported(at("type"), type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined) {
    errors.push(fieldForbidden(at("default"), `must not be set ${noDefaults}`));
  }
  for (const keyword of [
    "id",
    "additionalItems",
    "patternProperties",
    "definitions",
    "dependencies",
    "$ref",
  ] as const) {
    const isSet = keyword === "dependencies" ? isGiven(schema, keyword) : schema[keyword] !== undefined;
    if (isSet) errors.push(fieldForbidden(at(keyword), `${keyword} is not supported`));
  }
  if (type === "null") {
    errors.push(fieldForbidden(at("type"), "type cannot be set to null, use nullable as an alternative"));
  }
  if (itemListOf(schema).length > 0) {
    errors.push(fieldForbidden(at("items"), "items must be a schema object and not an array"));
  }
  if (insideMeta && schema["x-kubernetes-embedded-resource"]) {
    errors.push(fieldForbidden(at("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"));
  }
  return errors;
}

/** Whether a type is none of OpenAPI's. */
export function hasInvalidType({ type }: JsonSchema): boolean {
  return type !== undefined && type !== "" && !TYPES.includes(type);
}

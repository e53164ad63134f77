import { RE2JS } from "re2js";
import { semanticEqual } from "../../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { additionalOf, child, itemListOf, itemsOf, type JsonSchema, propertyOf, sortedKeys } from "./json-schema.ts";

type Level = "root" | "item" | "field";

/**
 * Whether a schema is structural: every field has its type outside of logic, and metadata is left to the server. The
 * rules stand in apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go.
 */
export function validateStructural(schema: JsonSchema, path: string): FieldError[] {
  const errors = [...invariants(schema, "root", path), ...complete(schema, schema, path, path)];
  return errors
    .map((error) => ({ error, text: error.message() }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error);
}

const UNSUPPORTED = [
  "id",
  "$schema",
  "$ref",
  "patternProperties",
  "dependencies",
  "additionalItems",
  "definitions",
] as const;

/** What no structural schema can express; upstream's texts. (schema/convert.go NewStructural) */
export function structuralProblem(schema: JsonSchema): string | undefined {
  const unsupported = UNSUPPORTED.find((keyword) => isSet(schema[keyword], keyword === "additionalItems"));
  if (unsupported) return `OpenAPIV3Schema '${unsupported === "$schema" ? "schema" : unsupported}' is not supported`;
  const logic = [schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const inLogic = firstProblem(logic);
  if (inLogic) return inLogic;
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  }
  if (itemListOf(schema).length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  return firstProblem([itemsOf(schema), ...Object.values(schema.properties ?? {}), additionalOf(schema)]);
}

function firstProblem(schemas: readonly (JsonSchema | undefined)[]): string | undefined {
  for (const schema of schemas) {
    const problem = schema && structuralProblem(schema);
    if (problem) return problem;
  }
  return undefined;
}

/** An empty map or text says nothing, but an empty schema does. */
function isSet(value: unknown, isSchema: boolean): boolean {
  if (value === undefined || value === "") return false;
  return isSchema || typeof value !== "object" || value === null || Object.keys(value).length > 0;
}

function invariants(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = (name: string) => child(path, name);
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  const type = schema.type ?? "";
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (type === "array" && !items) errors.push(fieldRequired(at("items"), "must be specified"));
  if (items) errors.push(...invariants(items, "item", at("items")));
  for (const name of sortedKeys(schema.properties)) {
    const inner = schema.properties?.[name];
    if (inner) errors.push(...invariants(inner, "field", `${at("properties")}[${name}]`));
  }
  if (schema.additionalProperties !== undefined && level === "root") {
    errors.push(fieldForbidden(at("additionalProperties"), "must not be used at the root"));
  }
  if (additional) errors.push(...invariants(additional, "field", at("additionalProperties")));
  if (intOrString && preserve) {
    const text = "must be false if x-kubernetes-int-or-string is true";
    errors.push(fieldInvalid(at("x-kubernetes-preserve-unknown-fields"), true, text));
  }
  if (intOrString && embedded) {
    const text = "must be false if x-kubernetes-int-or-string is true";
    errors.push(fieldInvalid(at("x-kubernetes-embedded-resource"), true, text));
  }
  errors.push(
    ...valueRules(
      schema,
      { anyOf: isIntOrString(schema.anyOf), allOf: isIntOrString(schema.allOf?.[0]?.anyOf) },
      level,
      path,
    ),
  );
  if (embedded && type !== "object") {
    const text = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type ? fieldInvalid(at("type"), type, text) : fieldRequired(at("type"), text));
  } else if (!type && !intOrString && !preserve) {
    errors.push(fieldRequired(at("type"), NEEDS_TYPE[level]));
  }
  if (embedded && schema.additionalProperties !== undefined) {
    errors.push(
      fieldForbidden(at("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set"),
    );
  }
  if (level === "root" && type && type !== "object") {
    errors.push(fieldInvalid(at("type"), type, "must be object at the root"));
  }
  errors.push(...identity(schema, level, path));
  if (embedded && !preserve && !Object.keys(schema.properties ?? {}).length) {
    const text =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    errors.push(fieldRequired(at("properties"), text));
  }
  return errors;
}

const NEEDS_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/** apiVersion, kind and metadata of the object, or of an embedded one. */
function identity(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const isResource = level === "root" || schema["x-kubernetes-embedded-resource"] === true;
  const errors: FieldError[] = [];
  const at = (name: string) => `${child(path, "properties")}[${name}]`;
  for (const name of ["kind", "apiVersion"]) {
    const type = propertyOf(schema, name)?.type ?? "";
    if (isResource && propertyOf(schema, name) && type !== "string") {
      errors.push(fieldInvalid(`${at(name)}.type`, type, "must be string"));
    }
  }
  const metadata = propertyOf(schema, "metadata");
  if (!metadata) return errors;
  if (isResource && metadata.type !== "object") {
    errors.push(fieldInvalid(`${at("metadata")}.type`, metadata.type ?? "", "must be object"));
  }
  if (level === "root" && restrictsMetadata(metadata)) {
    const text = "must not specify anything other than name and generateName, but metadata is implicitly specified";
    errors.push(fieldForbidden(at("metadata"), text));
  }
  return errors;
}

function restrictsMetadata({ type: _type, default: _default, properties = {}, ...rest }: JsonSchema): boolean {
  const names = Object.keys(properties);
  const onlyNames = names.length > 0 && names.every((name) => name === "name" || name === "generateName");
  return (names.length > 0 && !onlyNames) || !semanticEqual(rest, {});
}

function isIntOrString(alternatives: readonly JsonSchema[] | undefined): boolean {
  return semanticEqual(alternatives ?? [], [{ type: "integer" }, { type: "string" }]);
}

/** The part of a node that only restricts values. */
function valueRules(
  schema: JsonSchema,
  skip: { readonly anyOf: boolean; readonly allOf: boolean },
  level: Level,
  path: string,
): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors: FieldError[] = [];
  const nested = (list: readonly JsonSchema[] | undefined, name: string) =>
    (list ?? []).flatMap((inner, i) => nestedRules(inner, false, level, `${at(name)}[${i}]`));
  if (!skip.anyOf) errors.push(...nested(schema.anyOf, "anyOf"));
  for (const [index, inner] of (schema.allOf ?? []).entries()) {
    errors.push(...nestedRules(inner, skip.allOf && index === 0, level, `${at("allOf")}[${index}]`));
  }
  errors.push(...nested(schema.oneOf, "oneOf"));
  if (schema.not) errors.push(...nestedRules(schema.not, false, level, at("not")));
  const wrong = schema.pattern && patternError(schema.pattern);
  if (wrong) {
    const text = `must be a valid regular expression, but isn't: ${wrong}`;
    errors.push(fieldInvalid(at("pattern"), schema.pattern, text));
  }
  return errors;
}

function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What must not stand below anyOf, allOf, oneOf and not, in upstream's order. */
const FORBIDDEN: readonly (readonly [keyword: keyof JsonSchema, text: string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function nestedRules(schema: JsonSchema, skipAnyOf: boolean, level: Level, path: string): FieldError[] {
  const at = (name: string) => child(path, name);
  const errors = valueRules(schema, { anyOf: skipAnyOf, allOf: false }, level, path);
  const items = itemsOf(schema);
  if (items) errors.push(...nestedRules(items, false, level, at("items")));
  for (const name of sortedKeys(schema.properties)) {
    const inner = schema.properties?.[name];
    if (inner) errors.push(...nestedRules(inner, false, "field", `${at("properties")}[${name}]`));
  }
  for (const [keyword, text] of FORBIDDEN) {
    const value: unknown = schema[keyword];
    const isEmpty = value === false || (value === "" && text.includes("empty"));
    if (value !== undefined && !isEmpty) errors.push(fieldForbidden(at(keyword), text));
  }
  if (propertyOf(schema, "metadata")) {
    errors.push(fieldForbidden(`${at("properties")}[metadata]`, "must not be specified in a nested context"));
  }
  return errors;
}

/** Everything that logic restricts is also specified outside of it. */
function complete(rules: JsonSchema, schema: JsonSchema, path: string, rulesPath: string): FieldError[] {
  const errors: FieldError[] = [];
  if (rules.not) errors.push(...completeNested(rules.not, schema, path, child(rulesPath, "not")));
  for (const keyword of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [index, inner] of (rules[keyword] ?? []).entries()) {
      errors.push(...completeNested(inner, schema, path, `${child(rulesPath, keyword)}[${index}]`));
    }
  }
  return errors;
}

function completeNested(
  rules: JsonSchema,
  schema: JsonSchema | undefined,
  path: string,
  rulesPath: string,
): FieldError[] {
  if (!schema) return [fieldRequired(path, `because it is defined in ${rulesPath}`)];
  const errors = complete(rules, schema, path, rulesPath);
  const items = itemsOf(rules);
  if (items) errors.push(...completeNested(items, itemsOf(schema), child(path, "items"), child(rulesPath, "items")));
  for (const name of sortedKeys(rules.properties)) {
    const inner = rules.properties?.[name];
    const at = `${child(path, "properties")}[${name}]`;
    if (inner)
      errors.push(...completeNested(inner, propertyOf(schema, name), at, `${child(rulesPath, "properties")}[${name}]`));
  }
  return errors;
}

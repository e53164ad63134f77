import { semanticEqual } from "../../../meta/equality.ts";
import type { FieldError } from "../../../meta/field-error.ts";
import { formatOf } from "./formats.ts";
import { additionalOf, isObject, itemsOf, type JsonSchema, sortedKeys } from "./json-schema.ts";
import {
  checkFormat,
  checkNumber,
  checkString,
  isInteger,
  isNumber,
  NOTHING,
  one,
  type Result,
  typesOf,
} from "./scalar-checks.ts";
import { isUnchanged, itemByKey } from "./unchanged.ts";
import {
  enumError,
  forbiddenPropertyError,
  plainError,
  requiredError,
  tooManyError,
  typeError,
  valueError,
} from "./value-error.ts";

/** Finds the old value behind a new one, for ratcheting: what did not change is not complained about. */
interface Correlation {
  readonly value: unknown;
  readonly old: unknown;
}

/**
 * Checks values against a CRD's schema with upstream's words, order and oddities, for which no general JSON Schema
 * validator has the texts. (kube-openapi/pkg/validation/validate)
 * @param path of the value, which field errors start with
 * @param old the value before an update: errors in unchanged parts are forgiven (CRDValidationRatcheting). Absent on create
 */
export function validateValue(
  value: unknown,
  schema: JsonSchema,
  path = "",
  old?: { readonly value: unknown },
): FieldError[] {
  const correlation = old && { value, old: old.value };
  const errors = validate(value, schema, "", correlation).errors.map((error) => error(path));
  // Branches of a schema may find the same: it is told once. (kube-openapi/pkg/validation/validate Result.AddErrors)
  return [...new Map(errors.map((error) => [error.message(), error])).values()];
}

function validate(value: unknown, schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const result = run(value, schema, path, correlation);
  if (correlation && result.errors.length > 0 && isSame(correlation, schema)) return { errors: [], matches: 0 };
  return result;
}

function isSame({ value, old }: Correlation, schema: JsonSchema): boolean {
  return old !== undefined && isUnchanged(value, old, schema);
}

function run(value: unknown, schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const result: Result = { errors: [], matches: 0 };
  const merge = (more: Result | undefined) => {
    if (!more) return;
    result.errors.push(...more.errors);
    result.matches += more.matches;
  };
  if (value === null) {
    merge(checkType(value, schema, path));
    merge(checkEnum(value, schema, path));
    return result;
  }
  const format = formatOf(schema);
  const checks: (Result | undefined | false)[] = [
    (typesOf(schema).length > 0 || format !== undefined) && checkType(value, schema, path),
    checkAlternatives(value, schema, path, correlation),
    typeof value === "string" && checkString(value, schema, path),
    typeof value === "string" && format !== undefined && checkFormat(value, format, path),
    isNumber(value) && checkNumber(value, schema, path),
    Array.isArray(value) && checkList(value, schema, path, correlation),
    checkEnum(value, schema, path),
    isObject(value) && checkObject(value, schema, path, correlation),
  ];
  for (const check of checks) {
    if (!check) continue;
    merge(check);
    result.matches++;
  }
  result.matches++;
  return result;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (isNumber(value)) return isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: JsonSchema, path: string): Result {
  const types = typesOf(schema);
  if (value === null) {
    if (types.length > 0 && !schema.nullable) return one(typeError(path, types.join(","), "null"));
    return { errors: [], matches: 1 };
  }
  const actual = typeOf(value);
  const format = formatOf(schema);
  const fits = types.includes(actual) || (actual === "integer" && types.includes("number"));
  const isText = typeof value === "string" || Array.isArray(value);
  if (!isText && format !== undefined && !fits) {
    const kind = actual === "integer" ? "int64" : actual === "number" ? "float64" : "";
    if (kind !== format) return one(typeError(path, format, kind));
  }
  const numeric = types.includes("number") || types.includes("integer");
  if (!numeric && format !== undefined && isText) return { errors: [], matches: 1 };
  return fits ? { errors: [], matches: 1 } : one(typeError(path, types.join(","), actual));
}

/** anyOf, oneOf, allOf and not. (schema_props.go) */
function checkAlternatives(value: unknown, schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const result: Result = { errors: [], matches: 0 };
  const add = ({ errors, matches }: Result) => {
    result.errors.push(...errors);
    result.matches += matches;
  };
  const inner = (alternative: JsonSchema) => run(value, alternative, path, correlation);
  const quoted = JSON.stringify(path);
  if (schema.anyOf?.length) {
    const tried = schema.anyOf.map(inner);
    const success = tried.find(({ errors }) => errors.length === 0);
    if (!success) result.errors.push(plainError(`${quoted} must validate at least one schema (anyOf)`));
    add(success ?? bestOf(tried));
  }
  if (schema.oneOf?.length) {
    const tried = schema.oneOf.map(inner);
    const good = tried.filter(({ errors }) => errors.length === 0);
    if (good.length === 1 && good[0]) add(good[0]);
    else {
      const found = good.length === 0 ? "Found none valid" : `Found ${good.length} valid alternatives`;
      result.errors.push(plainError(`${quoted} must validate one and only one schema (oneOf). ${found}`));
      if (good.length === 0) add(bestOf(tried));
    }
  }
  if (schema.allOf?.length) {
    const tried = schema.allOf.map(inner);
    for (const each of tried) add(each);
    const good = tried.filter(({ errors }) => errors.length === 0).length;
    if (good < tried.length) {
      const none = good === 0 ? ". None validated" : "";
      result.errors.push(plainError(`${quoted} must validate all the schemas (allOf)${none}`));
    }
  }
  if (schema.not && inner(schema.not).errors.length === 0) {
    result.errors.push(plainError(`${quoted} must not validate the schema (not)`));
  }
  result.matches++;
  return result;
}

function bestOf(tried: readonly Result[]): Result {
  return tried.reduce((best, each) => (each.matches > best.matches ? each : best), tried[0] ?? NOTHING);
}

function checkList(list: readonly unknown[], schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const { minItems, maxItems } = schema;
  const items = itemsOf(schema);
  const result: Result = { errors: [], matches: 1 };
  if (items) {
    for (const [index, item] of list.entries()) {
      const { errors, matches } = validate(item, items, `${path}[${index}]`, itemOf(correlation, schema, index));
      result.errors.push(...errors);
      result.matches += matches;
    }
  }
  if (minItems !== undefined && list.length < minItems) {
    result.errors.push(valueError(path, list.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && list.length > maxItems) result.errors.push(tooManyError(path, list.length, maxItems));
  return result;
}

/** Items have old ones only in lists with keys: elsewhere a changed list is a new one. */
function itemOf(correlation: Correlation | undefined, schema: JsonSchema, index: number): Correlation | undefined {
  if (!correlation || schema["x-kubernetes-list-type"] !== "map") return undefined;
  const { value, old } = correlation;
  if (!Array.isArray(value) || !Array.isArray(old)) return undefined;
  const item: unknown = value[index];
  const match = itemByKey(item, old, schema);
  return match === undefined ? undefined : { value: item, old: match };
}

function memberOf(correlation: Correlation | undefined, name: string): Correlation | undefined {
  if (!correlation) return undefined;
  const { value, old } = correlation;
  if (!isObject(value) || !isObject(old) || !Object.hasOwn(old, name)) return undefined;
  return { value: value[name], old: old[name] };
}

function checkEnum(value: unknown, schema: JsonSchema, path: string): Result {
  const values: readonly unknown[] = schema.enum ?? [];
  if (values.length === 0 || values.some((each) => each !== null && isOneOf(each, value))) return NOTHING;
  return one(enumError(path, value, values));
}

/** Upstream converts a number to the type of each value before it compares: to an integer 1.5 is 1. */
function isOneOf(each: unknown, value: unknown): boolean {
  const isCut = typeof value === "number" && Number.isSafeInteger(each);
  return semanticEqual(each, isCut ? Math.trunc(value) + 0 : value);
}

function checkObject(
  object: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  path: string,
  correlation?: Correlation,
): Result {
  const { minProperties, maxProperties, properties = {}, required = [] } = schema;
  const count = Object.keys(object).length;
  const result: Result = { errors: [], matches: 0 };
  if (minProperties !== undefined && count < minProperties) {
    result.errors.push(valueError(path, count, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && count > maxProperties) {
    result.errors.push(tooManyError(path, count, maxProperties));
  }
  const additional = additionalOf(schema);
  const check = (name: string, inner: JsonSchema, at: string) => {
    // The identity of the object itself is never forgiven: both sides were brought to one version.
    const isIdentity = path === "" && (name === "kind" || name === "apiVersion");
    const before = isIdentity ? undefined : memberOf(correlation, name);
    const { errors, matches } = validate(object[name], inner, at, before);
    result.errors.push(...errors);
    result.matches += matches;
  };
  for (const name of sortedKeys(object)) {
    if (Object.hasOwn(properties, name)) continue;
    if ((schema.additionalProperties as unknown) === false) {
      result.errors.push(forbiddenPropertyError(path, name));
    } else if (additional) check(name, additional, `${path}.${name}`);
  }
  for (const name of sortedKeys(properties)) {
    const inner = properties[name];
    if (inner && Object.hasOwn(object, name)) check(name, inner, path ? `${path}.${name}` : name);
  }
  for (const name of required) if (!Object.hasOwn(object, name)) result.errors.push(requiredError(`${path}.${name}`));
  return result;
}

import { RE2JS } from "re2js";
import { formatOf, matchesFormat } from "./formats.ts";
import type { JsonSchema } from "./json-schema.ts";
import {
  factorError,
  limitError,
  plainError,
  tooLongError,
  typeError,
  type ValueError,
  valueError,
} from "./value-error.ts";

/**
 * What was found of a value. `matches` counts what was checked well, which upstream goes by to choose the failures of a
 * oneOf or anyOf that it tells.
 */
export interface Result {
  readonly errors: ValueError[];
  matches: number;
}

export const one = (error: ValueError): Result => ({ errors: [error], matches: 0 });
export const NOTHING: Result = { errors: [], matches: 0 };

/** An int64, or a float that is as good as one: no larger than what a double holds exactly. Larger int64s are bigints. */
export function isInteger(value: number | bigint): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** Names of the types that a value may have; none where it may have any. */
export function typesOf(schema: JsonSchema): readonly string[] {
  if (schema["x-kubernetes-int-or-string"]) return ["integer", "string"];
  return schema.type ? [schema.type] : [];
}

/** Length and pattern. */
export function checkString(value: string, schema: JsonSchema, path: string): Result {
  const { maxLength, minLength, pattern } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) return one(tooLongError(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    return one(valueError(path, value, `should be at least ${minLength} chars long`));
  }
  if (pattern && !matchesPattern(value, pattern)) return one(valueError(path, value, `should match '${pattern}'`));
  return NOTHING;
}

const patterns = new Map<string, RE2JS>();
/** Patterns are few, and a client may not fill the memory with them. */
const MAX_PATTERNS = 2000;

function matchesPattern(value: string, pattern: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = RE2JS.compile(pattern);
    if (patterns.size >= MAX_PATTERNS) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled.matcher(value).find();
}

/** What a format says of texts. */
export function checkFormat(value: string, format: string, path: string): Result {
  if (matchesFormat(value, format)) return NOTHING;
  return one(typeError(path, format, value));
}

const INT32 = 2 ** 31;

export function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Range, limits and factor. */
export function checkNumber(value: number | bigint, schema: JsonSchema, path: string): Result {
  const { exclusiveMaximum, exclusiveMinimum } = schema;
  // To integers, limits are integers too.
  const limit = (of: number | undefined) => (of === undefined || !isInteger(value) ? of : Math.trunc(of));
  const [multipleOf, maximum, minimum] = [schema.multipleOf, schema.maximum, schema.minimum].map(limit);
  const result: Result = { errors: [], matches: 0 };
  const range = outOfRange(value, schema);
  if (range) result.errors.push(plainError(`Checked value must be of type ${range} in ${path}`));
  if (multipleOf !== undefined && multipleOf <= 0) result.errors.push(factorError(path, multipleOf));
  else if (multipleOf !== undefined && !isMultipleOf(value, multipleOf)) {
    result.errors.push(limitError(path, value, "should be a multiple of", multipleOf));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const text = exclusiveMaximum ? "should be less than" : "should be less than or equal to";
    result.errors.push(limitError(path, value, text, maximum));
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const text = exclusiveMinimum ? "should be greater than" : "should be greater than or equal to";
    result.errors.push(limitError(path, value, text, minimum));
  }
  return result;
}

/** What a number does not fit into. */
function outOfRange(value: number | bigint, schema: JsonSchema): string | undefined {
  const types = typesOf(schema);
  const type = types.length === 1 ? types[0] : undefined;
  const format = formatOf(schema);
  if (type === "integer") {
    // The range is that of what is printed: larger floats are no integers by type, and yet fit here.
    const fits = typeof value === "bigint" || (Number.isInteger(value) && Math.abs(value) < 2 ** 63);
    if (!fits) return format ? `integer with format ${format}` : "integer (default format)";
    return format === "int32" && (value >= INT32 || value < -INT32) ? "integer with format int32" : undefined;
  }
  const tooLarge = format === "float" && Math.abs(Number(value)) > 3.4028234663852886e38;
  return tooLarge ? `${type ?? ""} with format float` : undefined;
}

function isMultipleOf(value: number | bigint, factor: number): boolean {
  if (typeof value === "bigint") return value % BigInt(factor) === 0n; // limits of integers are integers
  if (Number.isInteger(value) && Number.isInteger(factor)) return value % factor === 0;
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) <= Math.max(1, Math.abs(quotient)) * 1e-9;
}

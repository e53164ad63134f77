import {
  type FieldError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  fieldTooMany,
  fieldTypeInvalid,
} from "../../../meta/field-error.ts";
import { goFloat } from "../../../meta/go-float.ts";
import { goQuote } from "../../../meta/go-quote.ts";

/** What is wrong with a value, at a path without the prefix that the field error gets. */
export type ValueError = (prefix: string) => FieldError;

/** The path of an error: names of upstream's validator start with a dot at the root. */
function at(prefix: string, name: string): string {
  const rest = name.startsWith(".") ? name.slice(1) : name;
  return rest ? (prefix ? `${prefix}.${rest}` : rest) : prefix || NO_PATH;
}

/** How Go prints the path that there is none of. */
const NO_PATH = "<nil>";

/** A limit is a number of the same Go type as what it limits: int64 or float64. */
function shown(limit: number, value: number | bigint): string {
  return typeof value === "bigint" || Number.isSafeInteger(value) ? String(limit) : goFloat(limit);
}

export const typeError =
  (name: string, wanted: string, actual: string): ValueError =>
  (prefix) =>
    fieldTypeInvalid(at(prefix, name), actual, `${name} in body must be of type ${wanted}: ${goQuote(actual)}`);
export const requiredError =
  (name: string): ValueError =>
  (prefix) =>
    fieldRequired(at(prefix, name), "");
export const enumError =
  (name: string, value: unknown, values: readonly unknown[]): ValueError =>
  (prefix) =>
    fieldNotSupported(
      at(prefix, name),
      value,
      values.map((v) => (typeof v === "string" ? v : JSON.stringify(v))),
    );
export const tooLongError =
  (name: string, max: number): ValueError =>
  (prefix) =>
    fieldTooLong(at(prefix, name), max);
export const tooManyError =
  (name: string, actual: number, max: number): ValueError =>
  (prefix) =>
    fieldTooMany(at(prefix, name), actual, max);
/** Any other, with the value and a sentence. */
export const valueError =
  (name: string, value: unknown, text: string): ValueError =>
  (prefix) =>
    fieldInvalid(at(prefix, name), value, `${name} in body ${text}`);
export const forbiddenPropertyError =
  (name: string, key: string): ValueError =>
  (prefix) =>
    fieldInvalid(at(prefix, name), key, `${name}.${key} in body is a forbidden property`);
/** About limits of numbers. */
export const limitError = (name: string, value: number | bigint, text: string, limit: number): ValueError =>
  valueError(name, value, `${text} ${shown(limit, value)}`);
/** About a multipleOf that nothing can be. */
export const factorError =
  (name: string, factor: number): ValueError =>
  (prefix) =>
    fieldInvalid(at(prefix, name), factor, `factor MultipleOf declared for ${name} must be positive: ${factor}`);
/** One that upstream does not tie to a field. */
export const plainError =
  (text: string): ValueError =>
  (prefix) =>
    fieldInvalid(prefix || NO_PATH, "", text);

import { goFloat } from "./go-float.ts";
import { goQuote } from "./go-quote.ts";

/** The values of `Status.details.causes[].reason`. (apimachinery/pkg/util/validation/field) */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooShort"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "InternalError"
  | "FieldValueTypeInvalid";

const PREFIX: Record<FieldErrorType, string> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooShort: "Too short",
  FieldValueTooMany: "Too many",
  FieldValueTooFew: "Too few",
  InternalError: "Internal error",
  FieldValueTypeInvalid: "Invalid value",
};

/** Given as a value, keeps the value out of the message. */
export const omitValue: unique symbol = Symbol("omitValue");

/** One thing wrong with one field. Build with the factories below; `field` is a path such as `spec.ports[0].name`. */
export class FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly detail: string;
  readonly #body: string;

  constructor(type: FieldErrorType, field: string, body: string, detail: string) {
    this.type = type;
    this.field = field;
    this.detail = detail;
    this.#body = body;
  }

  /** What stands in the cause's message: everything after the path. */
  body(): string {
    return this.#body;
  }

  /** Path and body. */
  message(): string {
    return `${this.field}: ${this.#body}`;
  }

  /** The same error below another path. */
  under(prefix: string): FieldError {
    const field = this.field.startsWith("[") || !this.field ? prefix + this.field : `${prefix}.${this.field}`;
    return new FieldError(this.type, field, this.#body, this.detail);
  }
}

const HTML: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/**
 * Prints a value as upstream does in field errors: strings as `%q`, numbers and booleans bare, everything else as
 * encoding/json (HTML-escaped; absent is `null`). Keys keep the order of the object given: for an internal Go type
 * pass an object with the names and order of that type.
 */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return goQuote(value);
  if (value === undefined) return "null";
  // What is not an int64 is a float64 there.
  if (typeof value === "number" && !Number.isSafeInteger(value)) return goFloat(value);
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => HTML[character] ?? character);
}

function make(type: FieldErrorType, field: string, value: string | undefined, detail: string): FieldError {
  const head = value === undefined ? PREFIX[type] : `${PREFIX[type]}: ${value}`;
  return new FieldError(type, field, detail ? `${head}: ${detail}` : head, detail);
}

function withValue(type: FieldErrorType, field: string, value: unknown, detail: string): FieldError {
  return make(type, field, value === omitValue ? undefined : formatValue(value), detail);
}

function count(quantity: number, unit: string): string {
  return `${quantity} ${unit}${quantity === 1 ? "" : "s"}`;
}

export const fieldInvalid = (field: string, value: unknown, detail: string): FieldError =>
  withValue("FieldValueInvalid", field, value, detail);
export const fieldRequired = (field: string, detail: string): FieldError =>
  make("FieldValueRequired", field, undefined, detail);
export const fieldForbidden = (field: string, detail: string): FieldError =>
  make("FieldValueForbidden", field, undefined, detail);
export const fieldDuplicate = (field: string, value: unknown): FieldError =>
  withValue("FieldValueDuplicate", field, value, "");
export const fieldNotFound = (field: string, value: unknown): FieldError =>
  withValue("FieldValueNotFound", field, value, "");
export const fieldTypeInvalid = (field: string, value: unknown, detail: string): FieldError =>
  withValue("FieldValueTypeInvalid", field, value, detail);
/** The value itself is not repeated: it is too long. A negative `maxLength` is not named. */
export const fieldTooLong = (field: string, maxLength: number): FieldError => tooLong(field, maxLength, "byte");
/** A negative `actual` or `max` is not named. */
export const fieldTooMany = (field: string, actual: number, max: number): FieldError => {
  const detail = max >= 0 ? `must have at most ${count(max, "item")}` : "has too many items";
  return make("FieldValueTooMany", field, actual >= 0 ? String(actual) : undefined, detail);
};
export const fieldInternalError = (field: string, message: string): FieldError =>
  make("InternalError", field, undefined, message);
/** Lists the valid values in the order given: upstream sorts where it keeps them in a set, and only there. */
export function fieldNotSupported(field: string, value: unknown, valid: readonly string[]): FieldError {
  const detail = valid.length ? `supported values: ${valid.map(goQuote).join(", ")}` : "";
  return withValue("FieldValueNotSupported", field, value, detail);
}

function tooLong(field: string, maxLength: number, unit: string): FieldError {
  const detail = maxLength >= 0 ? `may not be more than ${count(maxLength, unit)}` : "value is too long";
  return make("FieldValueTooLong", field, undefined, detail);
}

/** One text for all: duplicates dropped, several in brackets. (ErrorList.ToAggregate) */
export function aggregateMessage(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => error.message()))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

/** The values of `Status.details.causes[].reason`. (apimachinery/pkg/util/validation/field) */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
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
  FieldValueTooMany: "Too many",
  InternalError: "Internal error",
  FieldValueTypeInvalid: "Invalid value",
};

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

/**
 * Prints a value as Go's %#v/%v do in field errors: strings quoted, numbers and booleans bare, null as `null`,
 * objects and lists as JSON.
 */
export function formatValue(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

function make(type: FieldErrorType, field: string, value: string | undefined, detail: string): FieldError {
  const head = value === undefined ? PREFIX[type] : `${PREFIX[type]}: ${value}`;
  return new FieldError(type, field, detail ? `${head}: ${detail}` : head, detail);
}

export const fieldInvalid = (field: string, value: unknown, detail: string): FieldError =>
  make("FieldValueInvalid", field, formatValue(value), detail);
export const fieldRequired = (field: string, detail: string): FieldError =>
  make("FieldValueRequired", field, undefined, detail);
export const fieldForbidden = (field: string, detail: string): FieldError =>
  make("FieldValueForbidden", field, undefined, detail);
export const fieldDuplicate = (field: string, value: unknown): FieldError =>
  make("FieldValueDuplicate", field, formatValue(value), "");
export const fieldNotFound = (field: string, value: unknown): FieldError =>
  make("FieldValueNotFound", field, formatValue(value), "");
export const fieldTypeInvalid = (field: string, value: unknown, detail: string): FieldError =>
  make("FieldValueTypeInvalid", field, formatValue(value), detail);
/** The value itself is not repeated: it is too long. `value` is accepted for symmetry with upstream. */
export const fieldTooLong = (field: string, maxLength: number): FieldError =>
  make(
    "FieldValueTooLong",
    field,
    undefined,
    maxLength >= 0 ? `may not be more than ${maxLength} bytes` : "value is too long",
  );
export const fieldTooMany = (field: string, actual: number, max: number): FieldError =>
  make("FieldValueTooMany", field, String(actual), `must have at most ${max} item${max === 1 ? "" : "s"}`);
export const fieldInternalError = (field: string, message: string): FieldError =>
  make("InternalError", field, undefined, message);
/** Lists the valid values sorted and quoted, as upstream does. */
export function fieldNotSupported(field: string, value: unknown, valid: readonly string[]): FieldError {
  const list = [...valid].sort().map((v) => JSON.stringify(v));
  return make(
    "FieldValueNotSupported",
    field,
    formatValue(value),
    list.length ? `supported values: ${list.join(", ")}` : "",
  );
}

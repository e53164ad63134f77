import { invalidEach } from "../../../meta/field-checks.ts";
import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import { validateRange, validateUserId } from "../../../meta/names.ts";

/** Of a user or a group. */
export const userId = (value: number | undefined, field: string): FieldError[] =>
  value === undefined ? [] : invalidEach(value, validateUserId(value), field);

export function positive(value: number, field: string): FieldError[] {
  return value <= 0 ? [fieldInvalid(field, value, "must be greater than zero")] : [];
}

export function inRange(value: number, low: number, high: number, field: string): FieldError[] {
  return invalidEach(value, validateRange(value, low, high), field);
}

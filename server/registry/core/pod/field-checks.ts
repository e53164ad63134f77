import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../../meta/field-error.ts";
import {
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateQualifiedName,
  validateRange,
  validateUserId,
} from "../../../meta/names.ts";

/** One error a message. */
export function invalidEach(field: string, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => fieldInvalid(field, value, message));
}

/** A text that must not be empty. */
export function needed(value: unknown, field: string, detail = ""): FieldError[] {
  return value ? [] : [fieldRequired(field, detail)];
}

export const dnsLabel = (value: string, field: string): FieldError[] =>
  invalidEach(field, value, validateDNS1123Label(value));
export const dnsSubdomain = (value: string, field: string): FieldError[] =>
  invalidEach(field, value, validateDNS1123Subdomain(value));
export const qualifiedName = (value: string, field: string): FieldError[] =>
  invalidEach(field, value, validateQualifiedName(value));
/** Of a user or a group. */
export const userId = (value: number | undefined, field: string): FieldError[] =>
  value === undefined ? [] : invalidEach(field, value, validateUserId(value));

/** One of a set; absent is fine. */
export function oneOf(value: string | undefined, valid: readonly string[], field: string): FieldError[] {
  return value === undefined || valid.includes(value) ? [] : [fieldNotSupported(field, value, valid)];
}

/** One of a set, and not empty. */
export function neededOneOf(value: string | undefined, valid: readonly string[], field: string): FieldError[] {
  return value ? oneOf(value, valid, field) : [fieldRequired(field, "")];
}

export function positive(value: number, field: string): FieldError[] {
  return value <= 0 ? [fieldInvalid(field, value, "must be greater than zero")] : [];
}

export function inRange(value: number, low: number, high: number, field: string): FieldError[] {
  return invalidEach(field, value, validateRange(value, low, high));
}

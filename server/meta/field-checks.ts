import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "./field-error.ts";
import {
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateLabelValue,
  validatePathSegmentName,
  validatePortName,
  validatePortNumber,
  validateQualifiedName,
} from "./names.ts";

/** The checks that nearly every kind's validation is made of. All take the value, then its path. */

/** One error a message. */
export function invalidEach(value: unknown, messages: readonly string[], field: string): FieldError[] {
  return messages.map((message) => fieldInvalid(field, value, message));
}

/** Not empty. */
export function needed(value: unknown, field: string, detail = ""): FieldError[] {
  return value ? [] : [fieldRequired(field, detail)];
}

/** One of a set; absent is fine. */
export function oneOf(value: string | undefined, valid: readonly string[], field: string): FieldError[] {
  return value === undefined || valid.includes(value) ? [] : [fieldNotSupported(field, value, valid)];
}

/** One of a set, and not empty. */
export function neededOneOf(value: string | undefined, valid: readonly string[], field: string): FieldError[] {
  return value ? oneOf(value, valid, field) : [fieldRequired(field, "")];
}

/** Not empty, and then good by another check. */
export function neededBy(
  value: string | undefined,
  check: (value: string, field: string) => FieldError[],
  field: string,
): FieldError[] {
  return value ? check(value, field) : [fieldRequired(field, "")];
}

export const dnsLabel = (value: string, field: string): FieldError[] =>
  invalidEach(value, validateDNS1123Label(value), field);
export const dnsSubdomain = (value: string, field: string): FieldError[] =>
  invalidEach(value, validateDNS1123Subdomain(value), field);
export const qualifiedName = (value: string, field: string): FieldError[] =>
  invalidEach(value, validateQualifiedName(value), field);
export const labelValue = (value: string, field: string): FieldError[] =>
  invalidEach(value, validateLabelValue(value), field);
export const pathSegment = (value: string, field: string): FieldError[] =>
  invalidEach(value, validatePathSegmentName(value), field);

/** A port's number, or its name. */
export function portNumberOrName(port: number | string, field: string): FieldError[] {
  return invalidEach(port, typeof port === "number" ? validatePortNumber(port) : validatePortName(port), field);
}

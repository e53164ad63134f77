import { invalidEach } from "../../meta/field-checks.ts";
import { type FieldError, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { validateDNS1123Subdomain } from "../../meta/names.ts";

const MAX_LENGTH = 63;

/** Upper case is fine. (pkg/apis/core/validation ValidateCSIDriverName) */
export function validateDriverName(name: string | undefined, field: string): FieldError[] {
  if (!name) return [fieldRequired(field, "")];
  const errors = Buffer.byteLength(name) > MAX_LENGTH ? [fieldTooLong(field, MAX_LENGTH)] : [];
  return [...errors, ...invalidEach(name, validateDNS1123Subdomain(name.toLowerCase()), field)];
}

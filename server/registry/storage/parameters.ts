import { neededBy, qualifiedName } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";

const MAX_PARAMETERS = 512;
const MAX_BYTES = 256 * 1024;

/** Of StorageClasses and VolumeAttributesClasses. (pkg/apis/storage/validation validateParameters) */
export function validateParameters(
  parameters: Readonly<Record<string, string>> = {},
  mayBeEmpty: boolean,
): FieldError[] {
  const field = "parameters";
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [fieldTooLong(field, MAX_PARAMETERS)];
  const errors = entries.flatMap(([key]) => (key ? [] : [fieldInvalid(field, key, "field can not be empty.")]));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_BYTES) errors.push(fieldTooLong(field, MAX_BYTES));
  if (!mayBeEmpty && entries.length === 0) {
    errors.push(fieldRequired(field, "must contain at least one key/value pair"));
  }
  return errors;
}

/** A provisioner or driver: a qualified name, whatever its case. */
export function validateProvisioner(name: string | undefined, field: string): FieldError[] {
  return neededBy(name?.toLowerCase(), qualifiedName, field);
}

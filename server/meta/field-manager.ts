import { type FieldError, fieldInvalid, fieldTooLong } from "./field-error.ts";
import { isPrintable } from "./go-quote.ts";

const MAX_LENGTH = 128;

/** At most 128 bytes, all printable. Empty counts as not set. (ValidateFieldManager) */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors = Buffer.byteLength(manager) > MAX_LENGTH ? [fieldTooLong(field, MAX_LENGTH)] : [];
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      errors.push(fieldInvalid(field, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

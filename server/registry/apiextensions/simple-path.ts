import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";

/** (validateSimpleJSONPath) */
export function validateSimplePath(field: string, path: string): FieldError[] {
  return path.startsWith(".") ? [] : [fieldInvalid(field, path, "must be a simple json path starting with .")];
}

import type { CustomResourceColumnDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateSimplePath } from "./simple-path.ts";

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/** (ValidateCustomResourceColumnDefinition) */
export function validateColumn(column: CustomResourceColumnDefinition, path: string): FieldError[] {
  const { name = "", type = "", format = "", jsonPath = "" } = column;
  const errors: FieldError[] = [];
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (!name) errors.push(fieldRequired(`${path}.name`, ""));
  if (!type) errors.push(fieldRequired(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(fieldInvalid(`${path}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(fieldInvalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`));
  }
  if (!jsonPath) errors.push(fieldRequired(`${path}.JSONPath`, ""));
  else errors.push(...validateSimplePath(`${path}.JSONPath`, jsonPath));
  return errors;
}

import type { SelectableField } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired, fieldTooMany } from "../../meta/field-error.ts";
import type { SpecForm } from "./definition-form.ts";
import { followFieldPath } from "./schema/field-path.ts";
import type { JsonSchema } from "./schema/json-schema.ts";

const MAX_SELECTABLE_FIELDS = 8;

/** Of all versions alike. */
export function validateTopSelectableFields({ selectableFields, validation }: SpecForm): FieldError[] {
  const at = "spec.selectableFields";
  if (selectableFields.length === 0) return [];
  if (!validation) return [fieldInvalid(at, "", "may only be set when validations.schema is included")];
  return validateSelectableFields(selectableFields, validation.openAPIV3Schema ?? {}, at);
}

const SELECTABLE_TYPES = ["string", "boolean", "integer"];

/** (ValidateCustomResourceSelectableFields) */
export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: JsonSchema,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath = "" }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) return [fieldRequired(at, "")];
    const found = followFieldPath(jsonPath, schema, false);
    if (typeof found === "string") return [fieldInvalid(at, jsonPath, `is an invalid path: ${found}`)];
    const wrong: FieldError[] = [];
    if (found.root === "metadata") wrong.push(fieldInvalid(at, jsonPath, "must not point to fields in metadata"));
    if (!SELECTABLE_TYPES.includes(found.schema?.type ?? "")) {
      const text =
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
      wrong.push(fieldInvalid(at, jsonPath, text));
    }
    if (seen.has(found.path)) wrong.push(fieldDuplicate(at, jsonPath));
    seen.add(found.path);
    return wrong;
  });
  if (seen.size > MAX_SELECTABLE_FIELDS) errors.push(fieldTooMany(path, seen.size, MAX_SELECTABLE_FIELDS));
  return errors;
}

import { type FieldError, fieldDuplicate, fieldRequired } from "../../meta/field-error.ts";

interface Condition {
  readonly type?: string;
}

/** Each type once, and not empty. (pkg/apis/flowcontrol/validation) */
export function validateConditions(conditions: readonly Condition[] = []): FieldError[] {
  return conditions.flatMap(({ type = "" }, index) => {
    const field = `status.conditions[${index}].type`;
    const isRepeated = conditions.slice(0, index).some((other) => (other.type ?? "") === type);
    return [...(isRepeated ? [fieldDuplicate(field, type)] : []), ...(type ? [] : [fieldRequired(field, "")])];
  });
}

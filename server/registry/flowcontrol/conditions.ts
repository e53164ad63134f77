import { type FieldError, fieldDuplicate, fieldRequired } from "../../meta/field-error.ts";
import { repeated } from "../../meta/repeated.ts";

interface Condition {
  readonly type?: string;
}

/** Each type once, and not empty. (pkg/apis/flowcontrol/validation) */
export function validateConditions(conditions: readonly Condition[] = []): FieldError[] {
  const repeats = repeated(conditions, ({ type = "" }) => type);
  return conditions.flatMap(({ type = "" }, index) => {
    const field = `status.conditions[${index}].type`;
    return [...(repeats.has(index) ? [fieldDuplicate(field, type)] : []), ...(type ? [] : [fieldRequired(field, "")])];
  });
}

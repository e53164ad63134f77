import { invalidEach, oneOf } from "./field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from "./field-error.ts";
import { validateLabelName } from "./label-validation.ts";
import { regexError } from "./names.ts";

const STATUSES = ["False", "True", "Unknown"];
const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;
const REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const REASON_REGEXP = new RegExp(`^${REASON}$`);
const REASON_ERROR = regexError(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  REASON,
  "my_name",
  "MY_NAME",
  "MyName",
  "ReasonA,ReasonB",
  "ReasonA:ReasonB",
);

/** metav1.Condition, as far as it is read here. */
export interface ConditionFields {
  readonly type?: string;
  readonly status?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string | null;
  readonly reason?: string;
  readonly message?: string;
}

/** Of metav1.Conditions; each type once. (apimachinery/pkg/apis/meta/v1/validation ValidateConditions) */
export function validateConditions(conditions: readonly ConditionFields[] | undefined, field: string): FieldError[] {
  return (conditions ?? []).flatMap((condition, index, all) => {
    const isRepeated = all.slice(0, index).some(({ type }) => type === condition.type);
    const path = `${field}[${index}]`;
    return [
      ...(isRepeated ? [fieldDuplicate(`${path}.type`, condition.type ?? "")] : []),
      ...validateCondition(condition, path),
    ];
  });
}

function validateCondition(condition: ConditionFields, field: string): FieldError[] {
  const { type = "", status = "", observedGeneration = 0, lastTransitionTime, reason = "", message = "" } = condition;
  const errors = validateLabelName(type, `${field}.type`);
  if (status) errors.push(...oneOf(status, STATUSES, `${field}.status`));
  else errors.push(fieldNotSupported(`${field}.status`, status, STATUSES));
  if (observedGeneration < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(fieldInvalid(`${field}.observedGeneration`, observedGeneration, detail));
  }
  if (!lastTransitionTime) errors.push(fieldRequired(`${field}.lastTransitionTime`, ""));
  if (!reason) errors.push(fieldRequired(`${field}.reason`, ""));
  else {
    if (!REASON_REGEXP.test(reason)) errors.push(...invalidEach(reason, [REASON_ERROR], `${field}.reason`));
    if (Buffer.byteLength(reason) > MAX_REASON) errors.push(fieldTooLong(`${field}.reason`, MAX_REASON));
  }
  if (Buffer.byteLength(message) > MAX_MESSAGE) errors.push(fieldTooLong(`${field}.message`, MAX_MESSAGE));
  return errors;
}

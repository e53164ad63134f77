import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "./field-error.ts";
import type { LabelSelectorFields } from "./labels.ts";
import { validateLabelValue, validateQualifiedName } from "./names.ts";

type Requirement = NonNullable<LabelSelectorFields["matchExpressions"]>[number];

/** What is let pass because it was stored, or will be judged elsewhere. */
export interface SelectorAllowances {
  readonly invalidLabelValues?: boolean;
  readonly unknownOperators?: boolean;
}

const VALUES_NEEDED = "must be specified when `operator` is 'In' or 'NotIn'";
const VALUES_FORBIDDEN = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";

export function validateLabelName(name: string, field: string): FieldError[] {
  return validateQualifiedName(name).map((message) => fieldInvalid(field, name, message));
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key] ?? "";
    errors.push(...validateLabelName(key, field));
    for (const message of validateLabelValue(value)) errors.push(fieldInvalid(field, value, message));
  }
  return errors;
}

/** Follows ValidateLabelSelector of apimachinery/pkg/apis/meta/v1/validation. An absent selector is valid. */
export function validateLabelSelector(
  selector: LabelSelectorFields | undefined,
  allow: SelectorAllowances,
  field: string,
): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${field}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((requirement, index) =>
      validateLabelSelectorRequirement(requirement, allow, `${field}.matchExpressions[${index}]`),
    ),
  ];
}

export function validateLabelSelectorRequirement(
  { key = "", operator = "", values = [] }: Requirement,
  allow: SelectorAllowances,
  field: string,
): FieldError[] {
  const errors = [...validateOperator(operator, values, allow, field), ...validateLabelName(key, `${field}.key`)];
  if (allow.invalidLabelValues) return errors;
  for (const [index, value] of values.entries()) {
    const wrong = validateLabelValue(value);
    errors.push(...wrong.map((message) => fieldInvalid(`${field}.values[${index}]`, value, message)));
  }
  return errors;
}

/** Of the field selectors inside access reviews: any key and value will do. */
export function validateFieldSelectorRequirement(
  { key = "", operator = "", values = [] }: Requirement,
  allow: SelectorAllowances,
  field: string,
): FieldError[] {
  return [
    ...(key ? [] : [fieldRequired(`${field}.key`, "must be specified")]),
    ...validateOperator(operator, values, allow, field),
  ];
}

function validateOperator(
  operator: string,
  values: readonly string[],
  allow: SelectorAllowances,
  field: string,
): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length ? [] : [fieldRequired(`${field}.values`, VALUES_NEEDED)];
    case "Exists":
    case "DoesNotExist":
      return values.length ? [fieldForbidden(`${field}.values`, VALUES_FORBIDDEN)] : [];
    default:
      return allow.unknownOperators
        ? []
        : [fieldInvalid(`${field}.operator`, operator, "not a valid selector operator")];
  }
}

/** Says whether a stored selector has values that new ones may not have: then an update may keep them. */
export function hasInvalidLabelValue(selector: LabelSelectorFields | undefined): boolean {
  const values = (selector?.matchExpressions ?? []).flatMap((requirement) => requirement.values ?? []);
  return values.some((value) => validateLabelValue(value).length > 0);
}

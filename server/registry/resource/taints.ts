import type { DeviceTaint, DeviceToleration } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { labelValue, neededOneOf, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldInvalid } from "../../meta/field-error.ts";
import { validateLabelName } from "../../meta/label-validation.ts";
import { validateList } from "./list-validation.ts";

const EFFECTS = ["NoExecute", "NoSchedule", "None"];
const MAX_CONDITIONS = 4;

/** (validateDeviceTaint) */
export function validateTaint({ key = "", value, effect }: Readonly<DeviceTaint>, field: string): FieldError[] {
  return [
    ...validateLabelName(key, `${field}.key`),
    ...(value ? labelValue(value, `${field}.value`) : []),
    ...neededOneOf(effect, EFFECTS, `${field}.effect`),
  ];
}

/** (validateDeviceToleration) */
export function validateToleration(toleration: Readonly<DeviceToleration>, field: string): FieldError[] {
  const { key, operator, value = "", effect } = toleration;
  const errors = key ? validateLabelName(key, `${field}.key`) : [];
  if (operator === "Exists") {
    if (value) errors.push(fieldInvalid(`${field}.value`, value, "must be empty for operator `Exists`"));
  } else if (operator === "Equal") errors.push(...labelValue(value, `${field}.value`));
  else errors.push(...neededOneOf(operator, ["Equal", "Exists"], `${field}.operator`));
  return [...errors, ...(effect ? oneOf(effect, EFFECTS, `${field}.effect`) : [])];
}

/** What must come true before Pods start, and what ends the wait. (validateDeviceBindingParameters) */
export function validateBinding(
  given: { readonly bindingConditions?: readonly string[]; readonly bindingFailureConditions?: readonly string[] },
  parent: string,
): FieldError[] {
  const { bindingConditions = [], bindingFailureConditions = [] } = given;
  const [field, failures] = [`${parent}.bindingConditions`, `${parent}.bindingFailureConditions`];
  const repeated = (list: readonly string[], index: number, path: string) =>
    list.indexOf(list[index] ?? "") < index ? [fieldDuplicate(`${path}[${index}]`, list[index])] : [];
  const errors = [
    ...validateList(bindingConditions, MAX_CONDITIONS, validateLabelName, field),
    ...validateList(bindingFailureConditions, MAX_CONDITIONS, validateLabelName, failures),
    ...bindingConditions.flatMap((_, index) => repeated(bindingConditions, index, field)),
    ...bindingFailureConditions.flatMap((condition, index) => {
      const detail = "bindingFailureConditions must not overlap with bindingConditions";
      const overlaps = bindingConditions.includes(condition);
      return [
        ...repeated(bindingFailureConditions, index, failures),
        ...(overlaps ? [fieldInvalid(`${failures}[${index}]`, condition, detail)] : []),
      ];
    }),
  ];
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0) {
    errors.push(
      fieldInvalid(
        field,
        orEmpty(given, "bindingConditions"),
        "bindingConditions are required to use bindingFailureConditions",
      ),
    );
  }
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0) {
    errors.push(
      fieldInvalid(
        failures,
        orEmpty(given, "bindingFailureConditions"),
        "bindingFailureConditions are required to use bindingConditions",
      ),
    );
  }
  return errors;
}

import type { CapacityRequestPolicy, DeviceCapacity } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, quantityValue } from "../../meta/quantity.ts";
import { validateSet } from "./list-validation.ts";

const MAX_VALUES = 10;
const isMore = (a: string, b: string): boolean => compareQuantities(parseQuantity(a), parseQuantity(b)) > 0;

/** What amounts of a capacity can be asked for. (validateRequestPolicy) */
export function validateCapacity(
  { value, requestPolicy: policy }: DeviceCapacity,
  isShared: boolean,
  parent: string,
): FieldError[] {
  if (!policy) return [];
  const field = `${parent}.requestPolicy`;
  if (!isShared) return [fieldForbidden(field, "allowMultipleAllocations must be true")];
  const { default: standard, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [fieldForbidden(field, detail)];
  }
  const which = validValues.length > 0 ? "validValues" : validRange ? "validRange" : undefined;
  if (!which) return [];
  if (standard === undefined) return [fieldRequired(`${field}.default`, `required when ${which} is defined`)];
  return which === "validValues"
    ? validateValues(validValues, { standard, capacity: value }, `${field}.validValues`)
    : validateRange(validRange ?? {}, { standard, capacity: value }, `${field}.validRange`);
}

interface Amounts {
  readonly standard: string;
  readonly capacity: string;
}

function validateValues(values: readonly string[], { standard, capacity }: Amounts, field: string): FieldError[] {
  const errors = values.flatMap((value, index) =>
    index > 0 && isMore(values[index - 1] ?? "0", value)
      ? [fieldInvalid(`${field}[${index}]`, value, "values must be sorted in ascending order")]
      : [],
  );
  const check = (value: string, path: string) =>
    isMore(value, capacity) ? [fieldInvalid(path, value, `option is larger than capacity value: ${capacity}`)] : [];
  const key = (value: string) => String(quantityValue(parseQuantity(value)));
  errors.push(...validateSet(values, MAX_VALUES, { check, key }, field));
  const isKnown = values.some((value) => !isMore(value, standard) && !isMore(standard, value));
  if (isKnown) return errors;
  return [...errors, fieldInvalid(field, standard, "default value is not valid according to the requestPolicy")];
}

function validateRange(
  { min, max, step }: NonNullable<CapacityRequestPolicy["validRange"]>,
  { standard, capacity }: Amounts,
  field: string,
): FieldError[] {
  if (min === undefined) return [fieldRequired(`${field}.min`, "required when validRange is defined")];
  const errors: FieldError[] = [];
  const wrong = (member: string, value: string, detail: string) =>
    errors.push(fieldInvalid(`${field}.${member}`, value, detail));
  if (isMore(min, capacity)) wrong("min", min, `min is larger than capacity value: ${capacity}`);
  if (isMore(min, standard)) wrong("min", standard, `default is less than min: ${min}`);
  if (max !== undefined) {
    if (isMore(min, max)) wrong("max", min, `min is larger than max: ${max}`);
    if (isMore(max, capacity)) wrong("max", max, `max is larger than capacity value: ${capacity}`);
    if (isMore(standard, max)) wrong("max", standard, `default is more than max: ${max}`);
  }
  if (step === undefined) return errors;
  const first = formatQuantity(addQuantities(parseQuantity(min), parseQuantity(step)));
  if (isMore(first, capacity)) wrong("step", step, `one step ${first} is larger than capacity value: ${capacity}`);
  const whole = (text: string) => quantityValue(parseQuantity(text));
  for (const value of [standard, ...(max === undefined ? [] : [max])]) {
    // Upstream divides by a step of zero and crashes; here nothing is a multiple of it.
    if ((whole(value) - whole(min)) % whole(step) === 0) continue;
    wrong("step", value, `value is not a multiple of a given step (${step}) from (${min})`);
  }
  return errors;
}

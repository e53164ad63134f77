import type { DeviceSelector, OpaqueDeviceConfiguration } from "../../../openapi/api/resource.k8s.io.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong } from "../../meta/field-error.ts";
import { isMembers } from "../../meta/members.ts";
import { type CheckExpression, validateExpression } from "../admissionregistration/expressions.ts";
import { validateDriverName } from "../storage/driver-name.ts";
import { validateList } from "./list-validation.ts";

const MAX_SELECTORS = 32;
const MAX_BYTES = 10 * 1024;

/** (validateSelectorSlice) */
export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  check: CheckExpression | undefined,
  parent: string,
): FieldError[] {
  const one = ({ cel }: DeviceSelector, field: string): FieldError[] => {
    if (!cel) return [fieldRequired(`${field}.cel`, "")];
    const path = `${field}.cel.expression`;
    if (Buffer.byteLength(cel.expression ?? "") > MAX_BYTES) return [fieldTooLong(path, MAX_BYTES)];
    const use = { result: "device selector", hasParams: false, hasAuthorizer: false } as const;
    return validateExpression(cel.expression ?? "", use, { check, field: path });
  };
  return validateList(selectors, MAX_SELECTORS, one, `${parent}.selectors`);
}

/** (validateDeviceConfiguration) */
export function validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  field: string,
): FieldError[] {
  if (!opaque) return [fieldRequired(`${field}.opaque`, "")];
  return [
    ...validateDriverName(opaque.driver, `${field}.opaque.driver`),
    ...validateRaw(opaque.parameters, `${field}.opaque.parameters`),
  ];
}

/** Any JSON object, not too large. (validateRawExtension) */
export function validateRaw(value: unknown, field: string): FieldError[] {
  if (value === undefined || value === null) return [fieldRequired(field, "")];
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_BYTES) return [fieldTooLong(field, MAX_BYTES)];
  return isMembers(value) ? [] : [fieldInvalid(field, "<value omitted>", "must be a valid JSON object")];
}

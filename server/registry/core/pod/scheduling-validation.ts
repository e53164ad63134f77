import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from "../../../../openapi/api/core.v1.ts";
import { oneOf, qualifiedName } from "../../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../../meta/field-error.ts";
import { validateLabelName, validateLabelSelector } from "../../../meta/label-validation.ts";
import { validateLabelValue } from "../../../meta/names.ts";
import { positive } from "./field-checks.ts";
import { validateLabelKeys, validateLegacySpreadKeys } from "./label-keys.ts";
import type { ValidationOptions } from "./validation-options.ts";

const ALL_TAINTS = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';

/** (ValidateTolerations of pkg/apis/core/validation) */
export function validateTolerations(
  tolerations: readonly Toleration[] = [],
  field: string,
  options: ValidationOptions,
): FieldError[] {
  return tolerations.flatMap((toleration, i) => {
    const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
    const at = `${field}[${i}]`;
    const errors = key ? validateLabelName(key, `${at}.key`) : [];
    if (!key && operator !== "Exists") errors.push(fieldInvalid(`${at}.operator`, operator, ALL_TAINTS));
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(fieldInvalid(`${at}.effect`, effect, detail));
    }
    errors.push(...validateTolerationValue(toleration, at, options));
    const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    return [...errors, ...oneOf(effect || undefined, effects, `${at}.effect`)];
  });
}

function validateTolerationValue(
  { operator = "", value = "" }: Toleration,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const at = `${field}.operator`;
  switch (operator) {
    case "":
    case "Equal": {
      const wrong = validateLabelValue(value);
      return wrong.length > 0 ? [fieldInvalid(at, value, wrong.join(";"))] : [];
    }
    case "Exists":
      return value ? [fieldInvalid(at, value, "value must be empty when `operator` is 'Exists'")] : [];
    case "Lt":
    case "Gt":
      return options.allowComparingTolerations
        ? []
        : [fieldNotSupported(at, operator, ["Equal", "Exists", "Lt", "Gt"])];
    default:
      return [fieldNotSupported(at, operator, ["Equal", "Exists"])];
  }
}

export function validateSchedulingGates(gates: readonly PodSchedulingGate[] = [], field: string): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name = "" }, i) => {
    const errors = qualifiedName(name, `${field}[${i}]`);
    if (seen.has(name)) errors.push(fieldDuplicate(`${field}[${i}]`, name));
    seen.add(name);
    return errors;
  });
}

/** (validateTopologySpreadConstraints) */
export function validateSpread(
  constraints: readonly TopologySpreadConstraint[] = [],
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const policies = ["Honor", "Ignore"];
  return constraints.flatMap((constraint, i) => {
    const { maxSkew = 0, topologyKey = "", whenUnsatisfiable = "", minDomains } = constraint;
    const at = `${field}[${i}]`;
    const errors = [
      ...positive(maxSkew, `${at}.maxSkew`),
      ...(topologyKey ? [] : [fieldRequired(`${at}.topologyKey`, "can not be empty")]),
      ...oneOf(whenUnsatisfiable, ["DoNotSchedule", "ScheduleAnyway"], `${at}.whenUnsatisfiable`),
    ];
    const repeated = constraints
      .slice(i + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) {
      const value = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(fieldDuplicate(`${at}.{topologyKey, whenUnsatisfiable}`, value));
    }
    if (minDomains !== undefined) {
      errors.push(...positive(minDomains, `${at}.minDomains`));
      if (whenUnsatisfiable !== "DoNotSchedule") {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        errors.push(fieldInvalid(`${at}.minDomains`, minDomains, detail));
      }
    }
    return [
      ...errors,
      ...oneOf(constraint.nodeAffinityPolicy, policies, `${at}.nodeAffinityPolicy`),
      ...oneOf(constraint.nodeTaintsPolicy, policies, `${at}.nodeTaintsPolicy`),
      ...(options.allowLegacySpreadKeys
        ? validateLegacySpreadKeys(constraint, `${at}.matchLabelKeys`)
        : validateLabelKeys(constraint, at)),
      ...(options.allowInvalidSpreadSelector
        ? []
        : validateLabelSelector(constraint.labelSelector, {}, `${at}.labelSelector`)),
    ];
  });
}

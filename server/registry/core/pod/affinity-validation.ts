import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from "../../../../openapi/api/core.v1.ts";
import { invalidEach } from "../../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { validateLabelName, validateLabelSelector } from "../../../meta/label-validation.ts";
import { validateDNS1123Label, validateDNS1123Subdomain, validateLabelValue } from "../../../meta/names.ts";
import { validateLabelKeys } from "./label-keys.ts";
import type { ValidationOptions } from "./validation-options.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** (validateAffinity of pkg/apis/core/validation) */
export function validateAffinity(
  affinity: Affinity | undefined,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  const errors: FieldError[] = [];
  if (nodeAffinity?.[REQUIRED]) {
    const allow = options.allowInvalidLabelValueInNodeAffinity ?? false;
    errors.push(...validateNodeSelector(nodeAffinity[REQUIRED], allow, `${field}.nodeAffinity.${REQUIRED}`));
  }
  for (const [i, { weight, preference }] of (nodeAffinity?.[PREFERRED] ?? []).entries()) {
    const at = `${field}.nodeAffinity.${PREFERRED}[${i}]`;
    errors.push(...validateWeight(weight, at), ...validateNodeSelectorTerm(preference, true, `${at}.preference`));
  }
  return [
    ...errors,
    ...validatePodAffinity(podAffinity, `${field}.podAffinity`, options),
    ...validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`, options),
  ];
}

function validateWeight(weight: number, field: string): FieldError[] {
  return weight > 0 && weight <= 100 ? [] : [fieldInvalid(`${field}.weight`, weight, "must be in the range 1-100")];
}

/** (ValidateNodeSelector) */
export function validateNodeSelector(
  { nodeSelectorTerms = [] }: NodeSelector,
  allowInvalidValues: boolean,
  field: string,
): FieldError[] {
  const at = `${field}.nodeSelectorTerms`;
  if (nodeSelectorTerms.length === 0) return [fieldRequired(at, "must have at least one node selector term")];
  return nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, allowInvalidValues, `${at}[${i}]`));
}

function validateNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  allowInvalidValues: boolean,
  field: string,
): FieldError[] {
  return [
    ...matchExpressions.flatMap((requirement, i) =>
      validateRequirement(requirement, allowInvalidValues, `${field}.matchExpressions[${i}]`),
    ),
    ...matchFields.flatMap((requirement, i) => validateFieldRequirement(requirement, `${field}.matchFields[${i}]`)),
  ];
}

function validateRequirement(
  { key = "", operator = "", values = [] }: NodeSelectorRequirement,
  allowInvalidValues: boolean,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        errors.push(fieldRequired(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(fieldForbidden(`${field}.values`, detail));
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
        errors.push(fieldRequired(`${field}.values`, detail));
      }
      break;
    default:
      errors.push(fieldInvalid(`${field}.operator`, operator, "not a valid selector operator"));
  }
  errors.push(...validateLabelName(key, `${field}.key`));
  if (allowInvalidValues) return errors;
  return [
    ...errors,
    ...values.flatMap((value, i) => invalidEach(value, validateLabelValue(value), `${field}.values[${i}]`)),
  ];
}

/** Nodes have one field to select by. (ValidateNodeFieldSelectorRequirement) */
function validateFieldRequirement(
  { key = "", operator = "", values = [] }: NodeSelectorRequirement,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(fieldInvalid(`${field}.operator`, operator, "not a valid selector operator"));
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(fieldRequired(`${field}.values`, detail));
  }
  if (key !== "metadata.name") {
    return [...errors, fieldInvalid(`${field}.key`, key, "not a valid field selector key")];
  }
  return [
    ...errors,
    ...values.flatMap((value, i) => invalidEach(value, validateDNS1123Subdomain(value), `${field}.values[${i}]`)),
  ];
}

function validatePodAffinity(
  affinity: PodAffinity | undefined,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  return [
    ...(affinity?.[REQUIRED] ?? []).flatMap((term, i) => validateTerm(term, `${field}.${REQUIRED}[${i}]`, options)),
    ...(affinity?.[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, i) => {
      const at = `${field}.${PREFERRED}[${i}]`;
      return [...validateWeight(weight, at), ...validateTerm(podAffinityTerm, `${at}.podAffinityTerm`, options)];
    }),
  ];
}

/** (validatePodAffinityTerm) */
function validateTerm(term: PodAffinityTerm, field: string, options: ValidationOptions): FieldError[] {
  const allow = { invalidLabelValues: options.allowInvalidLabelValueInSelector ?? false };
  const { topologyKey = "" } = term;
  return [
    ...validateLabelSelector(term.labelSelector, allow, `${field}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, allow, `${field}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((name) => invalidEach(name, validateDNS1123Label(name), `${field}.namespace`)),
    ...validateLabelKeys(term, field),
    ...(topologyKey ? [] : [fieldRequired(`${field}.topologyKey`, "can not be empty")]),
    ...validateLabelName(topologyKey, `${field}.topologyKey`),
  ];
}

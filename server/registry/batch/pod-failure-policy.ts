import type { JobSpec, PodFailurePolicyRule } from "../../../openapi/api/batch.v1.ts";
import { qualifiedName } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
  omitValue,
} from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];

/** A choice without default, in the words of this API. */
function choice(value: string | undefined, valid: readonly string[], field: string): FieldError[] {
  if (!value) return [fieldRequired(field, `valid values: [${valid.map(goQuote).join(" ")}]`)];
  return valid.includes(value) ? [] : [fieldNotSupported(field, value, valid)];
}

/** (validatePodFailurePolicy of pkg/apis/batch/validation) */
export function validatePodFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const at = `${field}.rules`;
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  const tooMany = rules.length > MAX_RULES ? [fieldTooMany(at, rules.length, MAX_RULES)] : [];
  return [...tooMany, ...rules.flatMap((rule, i) => validateRule(rule, spec, names, `${at}[${i}]`))];
}

function validateRule(rule: PodFailurePolicyRule, spec: JobSpec, names: string[], field: string): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  if (action !== "FailIndex") errors.push(...choice(action, ACTIONS, `${field}.action`));
  else if (spec.backoffLimitPerIndex === undefined) {
    errors.push(fieldInvalid(`${field}.action`, action, "requires the backoffLimitPerIndex to be set"));
  }
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, names, `${field}.onExitCodes`));
  if (onPodConditions.length > 0) errors.push(...validateConditions(onPodConditions, `${field}.onPodConditions`));
  if (onExitCodes && onPodConditions.length > 0) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    errors.push(fieldInvalid(field, omitValue, detail));
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    errors.push(fieldInvalid(field, omitValue, detail));
  }
  return errors;
}

function validateConditions(
  patterns: NonNullable<PodFailurePolicyRule["onPodConditions"]>,
  field: string,
): FieldError[] {
  const tooMany = patterns.length > MAX_PATTERNS ? [fieldTooMany(field, patterns.length, MAX_PATTERNS)] : [];
  return [
    ...tooMany,
    ...patterns.flatMap(({ type = "", status }, i) => [
      ...qualifiedName(type, `${field}[${i}].type`),
      ...choice(status, ["False", "True", "Unknown"], `${field}[${i}].status`),
    ]),
  ];
}

function validateExitCodes(
  { operator, containerName, values: given }: NonNullable<PodFailurePolicyRule["onExitCodes"]>,
  names: readonly string[],
  field: string,
): FieldError[] {
  const values = given ?? [];
  const errors = choice(operator, ["In", "NotIn"], `${field}.operator`);
  if (containerName !== undefined && !names.includes(containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    errors.push(fieldInvalid(`${field}.containerName`, containerName, detail));
  }
  const at = `${field}.values`;
  if (values.length === 0) errors.push(fieldInvalid(at, given, "at least one value is required"));
  else if (values.length > MAX_EXIT_CODES) errors.push(fieldTooMany(at, values.length, MAX_EXIT_CODES));
  for (const [i, code] of values.entries()) {
    if (operator === "In" && code === 0) {
      errors.push(fieldInvalid(`${at}[${i}]`, code, "must not be 0 for the In operator"));
    }
    if (values.indexOf(code) < i) errors.push(fieldDuplicate(`${at}[${i}]`, code));
  }
  const ordered = values.every((code, i) => i === 0 || (values[i - 1] ?? 0) <= code);
  return ordered ? errors : [...errors, fieldInvalid(at, values, "must be ordered")];
}

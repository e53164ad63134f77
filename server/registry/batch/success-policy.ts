import type { JobSpec, SuccessPolicyRule } from "../../../openapi/api/batch.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired, fieldTooLong, fieldTooMany } from "../../meta/field-error.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { countIndexes } from "./indexes.ts";

const MAX_RULES = 20;
const MAX_INDEXES_BYTES = 64 * 1024;

/** (validateSuccessPolicy of pkg/apis/batch/validation) */
export function validateSuccessPolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? [];
  if (spec.completionMode !== "Indexed") {
    const value = {
      Rules:
        spec.successPolicy?.rules?.map(({ succeededIndexes = null, succeededCount = null }) => ({
          SucceededIndexes: succeededIndexes,
          SucceededCount: succeededCount,
        })) ?? null,
    };
    return [fieldInvalid(field, value, "requires indexed completion mode")];
  }
  const at = `${field}.rules`;
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    errors.push(fieldRequired(at, "at least one rules must be specified when the successPolicy is specified"));
  }
  if (rules.length > MAX_RULES) errors.push(fieldTooMany(at, rules.length, MAX_RULES));
  return [...errors, ...rules.flatMap((rule, i) => validateRule(rule, spec.completions ?? 0, `${at}[${i}]`))];
}

function validateRule(rule: SuccessPolicyRule, completions: number, field: string): FieldError[] {
  const { succeededCount, succeededIndexes } = rule;
  const errors: FieldError[] = [];
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(fieldRequired(field, "at least one of succeededCount or succeededIndexes must be specified"));
  }
  let named = 0;
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`;
    if (Buffer.byteLength(succeededIndexes) > MAX_INDEXES_BYTES) errors.push(fieldTooLong(at, MAX_INDEXES_BYTES));
    try {
      named = countIndexes(succeededIndexes, completions);
    } catch (error) {
      errors.push(fieldInvalid(at, succeededIndexes, `error parsing succeededIndexes: ${(error as Error).message}`));
    }
  }
  if (succeededCount === undefined) return errors;
  const at = `${field}.succeededCount`;
  errors.push(...validateNonNegative(succeededCount, at));
  const atMost = (max: number, what: string) => {
    if (succeededCount <= max) return;
    errors.push(fieldInvalid(at, succeededCount, `must be less than or equal to ${max} (the number of ${what})`));
  };
  atMost(completions, "specified completions");
  if (succeededIndexes !== undefined) atMost(named, "indexes in the specified succeededIndexes field");
  return errors;
}

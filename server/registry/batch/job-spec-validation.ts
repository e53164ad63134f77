import type { JobSpec } from "../../../openapi/api/batch.v1.ts";
import { validateDomainPrefixedPath } from "../../meta/domain-names.ts";
import {
  type FieldError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from "../../meta/field-error.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { validatePodTemplateSpec } from "../core/pod/validation.ts";
import type { ValidationOptions } from "../core/pod/validation-options.ts";
import { validatePodFailurePolicy } from "./pod-failure-policy.ts";
import { validateSuccessPolicy } from "./success-policy.ts";

const MAX_INDEXED_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
/** Above so many completions, failed indexes and parallelism are bounded more closely. */
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY = 10_000;
const MAX_MANAGED_BY = 63;
const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** Of Jobs and of the templates of CronJobs: all but the selector. (validateJobSpec of pkg/apis/batch/validation) */
export function validateJobSpec(spec: JobSpec, field: string, options: ValidationOptions): FieldError[] {
  const { backoffLimitPerIndex, maxFailedIndexes, managedBy, podReplacementPolicy } = spec;
  const errors = COUNTS.flatMap((name) => validateNonNegative(spec[name] ?? 0, `${field}.${name}`));
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    errors.push(fieldRequired(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  if (managedBy !== undefined) {
    errors.push(...validateDomainPrefixedPath(managedBy, `${field}.managedBy`));
    if (Buffer.byteLength(managedBy) > MAX_MANAGED_BY) errors.push(fieldTooLong(`${field}.managedBy`, MAX_MANAGED_BY));
  }
  errors.push(...validateMode(spec, field));
  if (spec.podFailurePolicy) errors.push(...validatePodFailurePolicy(spec, `${field}.podFailurePolicy`));
  if (spec.successPolicy) errors.push(...validateSuccessPolicy(spec, `${field}.successPolicy`));
  if (podReplacementPolicy !== undefined) {
    const policies = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
    if (!policies.includes(podReplacementPolicy)) {
      errors.push(fieldNotSupported(`${field}.podReplacementPolicy`, podReplacementPolicy, policies));
    }
  }
  return [
    ...errors,
    ...validatePodTemplateSpec(spec.template, `${field}.template`, options),
    ...validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`),
  ];
}

function validateMode(spec: JobSpec, field: string): FieldError[] {
  const { completionMode: mode = "NonIndexed" } = spec;
  if (mode === "Indexed") return validateIndexed(spec, field);
  if (mode !== "NonIndexed") {
    return [fieldNotSupported(`${field}.completionMode`, mode, ["NonIndexed", "Indexed"])];
  }
  return (["backoffLimitPerIndex", "maxFailedIndexes"] as const).flatMap((name) =>
    spec[name] === undefined ? [] : [fieldInvalid(`${field}.${name}`, spec[name], "requires indexed completion mode")],
  );
}

function validateIndexed(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const atMost = (name: "parallelism" | "maxFailedIndexes", max: number, when: string) => {
    const value = spec[name];
    if (value === undefined || value <= max) return;
    errors.push(fieldInvalid(`${field}.${name}`, value, `must be less than or equal to ${max}${when}`));
  };
  if (completions === undefined) errors.push(fieldRequired(`${field}.completions`, "when completion mode is Indexed"));
  if (parallelism > MAX_INDEXED_PARALLELISM) {
    atMost("parallelism", MAX_INDEXED_PARALLELISM, " when completion mode is Indexed");
  }
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    const detail = "must be less than or equal to completions";
    errors.push(fieldInvalid(`${field}.maxFailedIndexes`, maxFailedIndexes, detail));
  }
  atMost("maxFailedIndexes", MAX_FAILED_INDEXES, "");
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(fieldRequired(`${field}.maxFailedIndexes`, detail));
  }
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  atMost("parallelism", MAX_WITH_MANY, when);
  atMost("maxFailedIndexes", MAX_WITH_MANY, when);
  return errors;
}

/** Pods of a Job come to an end. */
function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const { restartPolicy: policy = "" } = template.spec ?? {};
  if (policy === "Always" || policy === "") return [fieldRequired(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== "OnFailure" && policy !== "Never") return [fieldNotSupported(field, policy, ["OnFailure", "Never"])];
  if (!podFailurePolicy || policy === "Never") return [];
  return [fieldInvalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

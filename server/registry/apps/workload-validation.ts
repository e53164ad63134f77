import type { PodTemplateSpec } from "../../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../../openapi/api/meta.k8s.io.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { type IntOrString, percentOf } from "../../meta/int-or-string.ts";
import { validateLabelSelector } from "../../meta/label-validation.ts";
import { labelSelectorFrom } from "../../meta/labels.ts";
import { sortedMembers } from "../../meta/members.ts";
import { validatePercent } from "../../meta/names.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { validatePodTemplateSpec } from "../core/pod/validation.ts";
import type { ValidationOptions } from "../core/pod/validation-options.ts";

/** What Deployments, ReplicaSets and their like say of their Pods. Follows pkg/apis/apps/validation. */
export interface WorkloadRules {
  /** In error messages: upstream calls a ReplicaSet's empty selector one of a deployment. */
  readonly emptySelector: string;
  /** Of a selector that cannot be read. */
  readonly unreadableSelector: string;
  /** Kind in messages about the template. */
  readonly kind: string;
}

/** A selector as it is printed: keys sorted, members in the order of the Go struct. */
export function selectorForm(selector: LabelSelector | undefined): unknown {
  if (!selector) return null;
  const { matchLabels, matchExpressions = [] } = selector;
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 && { matchLabels: sortedMembers(matchLabels) }),
    ...(matchExpressions.length > 0 && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({ key, operator, values })),
    }),
  };
}

/** The selector, and that it selects the Pods of the template. */
export function validateSelectorAndTemplate(
  { selector, template }: { readonly selector?: LabelSelector; readonly template: PodTemplateSpec },
  field: string,
  rules: WorkloadRules,
  options: ValidationOptions,
): FieldError[] {
  const at = `${field}.selector`;
  const errors = selector ? validateLabelSelector(selector, {}, at) : [fieldRequired(at, "")];
  if (selector && isEmptySelector(selector)) {
    errors.push(fieldInvalid(at, {}, `empty selector is invalid for ${rules.emptySelector}`));
  }
  const matches = selectorMatches(selector, template);
  if (matches === undefined) return [...errors, fieldInvalid(at, selectorForm(selector), rules.unreadableSelector)];
  if (!matches) errors.push(doesNotMatch(template, `${field}.template`));
  return [...errors, ...validateTemplate(template, `${field}.template`, rules.kind, options)];
}

export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** Undefined when the selector cannot be read. An absent one matches nothing, an empty one everything. */
export function selectorMatches(selector: LabelSelector | undefined, template: PodTemplateSpec): boolean | undefined {
  try {
    return labelSelectorFrom(selector).matches(template.metadata?.labels ?? {});
  } catch {
    return undefined;
  }
}

export function doesNotMatch({ metadata }: PodTemplateSpec, field: string): FieldError {
  const given = metadata && orEmpty(metadata, "labels");
  const labels = given && sortedMembers(given);
  return fieldInvalid(`${field}.metadata.labels`, labels, "`selector` does not match template `labels`");
}

/** Pods of a workload run until they are told to stop. */
export function validateTemplate(
  template: PodTemplateSpec,
  field: string,
  kind: string,
  options: ValidationOptions,
): FieldError[] {
  return [...validatePodTemplateSpec(template, field, options), ...validateRunsForever(template, field, kind)];
}

export function validateRunsForever({ spec = {} }: PodTemplateSpec, field: string, kind: string): FieldError[] {
  const { restartPolicy = "", activeDeadlineSeconds } = spec;
  const errors: FieldError[] = [];
  if (restartPolicy !== "Always") {
    errors.push(fieldNotSupported(`${field}.spec.restartPolicy`, restartPolicy, ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(fieldForbidden(`${field}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

/** (ValidatePositiveIntOrPercent) */
export function validateIntOrPercent(value: IntOrString, field: string): FieldError[] {
  if (typeof value === "number") return validateNonNegative(value, field);
  return validatePercent(value).map((message) => fieldInvalid(field, value, message));
}

/** (IsNotMoreThan100Percent) */
export function validateAtMost100Percent(value: IntOrString, field: string): FieldError[] {
  const isPercent = typeof value === "string" && validatePercent(value).length === 0;
  if (!isPercent || (percentOf(value) ?? 0) <= 100) return [];
  return [fieldInvalid(field, value, "must not be greater than 100%")];
}

/** The number or the percentage; text that is neither counts as 0. (getIntOrPercentValue) */
export function amountOf(value: IntOrString): number {
  if (typeof value === "number") return value;
  if (validatePercent(value).length === 0) return percentOf(value) ?? 0;
  return /^[+-]?[0-9]+$/.test(value) ? Number(value) : 0;
}

/** Counts of a status that must not be negative. */
export function validateCounts(status: object, names: readonly string[], field: string): FieldError[] {
  // The cast: looked at by name.
  const counts = status as Readonly<Record<string, number | undefined>>;
  return names.flatMap((name) => validateNonNegative(counts[name] ?? 0, `${field}.${name}`));
}

/** `names` count some of the Pods that `replicas` counts. */
export function validateWithin(status: object, names: readonly string[], field: string): FieldError[] {
  const counts = status as Readonly<Record<string, number | undefined>>;
  return names
    .filter((name) => (counts[name] ?? 0) > (counts.replicas ?? 0))
    .map((name) => fieldInvalid(`${field}.${name}`, counts[name] ?? 0, "cannot be greater than status.replicas"));
}

/** Names of the next generation of children are made of it. */
export function validateCollisionCount(now: number | undefined, old: number | undefined): FieldError[] {
  if (old === undefined || (now ?? -1) >= old) return [];
  return [fieldInvalid("status.collisionCount", now ?? 0, "cannot be decremented")];
}

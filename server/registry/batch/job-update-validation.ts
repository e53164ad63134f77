import type { Job, JobSpec } from "../../../openapi/api/batch.v1.ts";
import type { PodSpec, PodTemplateSpec } from "../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { hasInvalidLabelValue, validateLabelSelector } from "../../meta/label-validation.ts";
import { labelSelectorFrom } from "../../meta/labels.ts";
import { sortedMembers } from "../../meta/members.ts";
import { validateDNS1123Label } from "../../meta/names.ts";
import { doesNotMatch, selectorForm, selectorMatches } from "../apps/workload-validation.ts";
import { templateOptions, type ValidationOptions } from "../core/pod/validation-options.ts";
import { validateJobSpec } from "./job-spec-validation.ts";

const PREFIX = "batch.kubernetes.io/";

/** @param prefixed whether the labels of today are needed too. (ValidateJob of pkg/apis/batch/validation) */
export function validateJob(job: Job, options: ValidationOptions, prefixed: boolean): FieldError[] {
  const { metadata, spec } = job;
  const errors = [...validateGenerated(job, prefixed), ...validateSpecAndSelector(spec, options)];
  if (spec.completionMode !== "Indexed" || !spec.completions || spec.completions < 0) return errors;
  const hostname = `${metadata.name}-${spec.completions - 1}`;
  if (validateDNS1123Label(hostname).length > 0) {
    const detail = `will not able to create pod with invalid DNS label: ${hostname}`;
    errors.push(fieldInvalid("metadata.name", metadata.name ?? "", detail));
  }
  return errors;
}

/** The labels and selector that the server gives. (validateGeneratedSelector) */
function validateGenerated({ metadata, spec }: Job, prefixed: boolean): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const { name = "", uid = "" } = metadata;
  const errors = uid ? [] : [fieldRequired("metadata.uid", "")];
  const expected: Record<string, string> = { "controller-uid": uid, "job-name": name };
  if (prefixed) Object.assign(expected, { [`${PREFIX}controller-uid`]: uid, [`${PREFIX}job-name`]: name });
  const labels = spec.template.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels[key] === undefined) errors.push(fieldRequired(at, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(fieldInvalid(at, sortedMembers(labels), `must be '${value}'`));
  }
  try {
    if (labelSelectorFrom(spec.selector).matches(expected)) return errors;
  } catch {
    return errors; // told elsewhere
  }
  return [...errors, fieldInvalid("spec.selector", selectorForm(spec.selector), "`selector` not auto-generated")];
}

/** (ValidateJobSpec) */
function validateSpecAndSelector(spec: JobSpec, options: ValidationOptions): FieldError[] {
  const { selector, template } = spec;
  const allow = { invalidLabelValues: options.allowInvalidLabelValueInSelector ?? false };
  const errors = validateJobSpec(spec, "spec", options);
  if (selector) errors.push(...validateLabelSelector(selector, allow, "spec.selector"));
  else errors.push(fieldRequired("spec.selector", ""));
  if (selectorMatches(selector, template) === false) errors.push(doesNotMatch(template, "spec.template"));
  return errors;
}

/** What an old Job has that a new one may not. (validationOptionsForJob) */
function optionsOf({ spec: { selector, template } }: Job): ValidationOptions {
  const base = templateOptions(template);
  return {
    ...base,
    allowInvalidLabelValueInSelector: base.allowInvalidLabelValueInSelector || hasInvalidLabelValue(selector),
  };
}

/** The rules of a new Job for an old one: upstream runs them before those of the update. */
export function validateJobAgain(job: Job, old: Job): FieldError[] {
  const labels = old.spec.template.metadata?.labels ?? {};
  const prefixed = [`${PREFIX}job-name`, `${PREFIX}controller-uid`].every((key) => labels[key] !== undefined);
  return validateJob(job, optionsOf(old), prefixed);
}

/** Nearly all of a Job is immutable. (ValidateJobUpdate) */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const { spec } = job;
  const immutable = (name: keyof JobSpec, value: unknown = spec[name]) =>
    semanticEqual(spec[name], old.spec[name]) ? [] : [fieldInvalid(`spec.${name}`, value, "field is immutable")];
  return [
    ...validateSpecAndSelector(spec, optionsOf(old)),
    ...validateCompletions(spec, old.spec),
    ...immutable("selector", selectorForm(spec.selector)),
    ...validateTemplateUpdate(job, old),
    ...immutable("completionMode"),
    ...immutable("podFailurePolicy", internalForm("?batch.PodFailurePolicy", spec.podFailurePolicy)),
    ...immutable("backoffLimitPerIndex"),
    ...immutable("managedBy"),
    ...immutable("successPolicy", internalForm("?batch.SuccessPolicy", spec.successPolicy)),
  ];
}

/** Indexed Jobs may grow and shrink, if parallelism goes along. */
function validateCompletions({ completions, parallelism, completionMode }: JobSpec, old: JobSpec): FieldError[] {
  if (completions === old.completions) return [];
  if (completionMode !== "Indexed") return [fieldInvalid("spec.completions", completions, "field is immutable")];
  if (completions === undefined || completions === parallelism) return [];
  return [fieldInvalid("spec.completions", completions, "can only be modified in tandem with spec.parallelism")];
}

/** A suspended Job that runs no Pods may get other resources and another place to run. (validatePodTemplateUpdate) */
function validateTemplateUpdate({ spec }: Job, old: Job): FieldError[] {
  const { suspend } = old.spec;
  const { startTime, conditions, active = 0 } = old.status ?? {};
  const suspended = conditions?.some(({ type, status }) => type === "Suspended" && status === "True") ?? false;
  const mutable = suspend === true && (startTime === undefined || suspended) && active === 0;
  const expected = deepCopy(old.spec.template);
  if (!mutable) {
    if (semanticEqual(spec.template, expected)) return [];
    return [fieldInvalid("spec.template", internalForm("PodTemplateSpec", spec.template), "field is immutable")];
  }
  allowDirectives(expected, spec.template);
  allowResources(expected.spec ?? {}, spec.template.spec ?? {});
  if (semanticEqual(spec.template.spec, expected.spec)) return [];
  return [fieldInvalid("spec.template.spec", internalForm("PodSpec", spec.template.spec), "field is immutable")];
}

function allowDirectives(expected: PodTemplateSpec, template: PodTemplateSpec): void {
  const old = expected.spec ?? {};
  const now = template.spec ?? {};
  const { nodeAffinity: _nodeAffinity, ...others } = old.affinity ?? {};
  const { nodeAffinity } = now.affinity ?? {};
  const affinity = { ...others, ...(nodeAffinity && { nodeAffinity }) };
  if (now.affinity || Object.keys(affinity).length > 0) old.affinity = affinity;
  else delete old.affinity;
  for (const name of ["nodeSelector", "tolerations", "schedulingGates"] as const) {
    if (now[name] === undefined) delete old[name];
    else Object.assign(old, { [name]: now[name] });
  }
}

function allowResources(expected: PodSpec, spec: PodSpec): void {
  for (const list of ["containers", "initContainers"] as const) {
    const before = expected[list] ?? [];
    const now = spec[list] ?? [];
    if (before.length !== now.length) continue;
    for (const [i, container] of before.entries()) {
      const other = now[i];
      if (other && other.name === container.name) container.resources = other.resources;
    }
  }
}

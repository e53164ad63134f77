import type { StatefulSetSpec, StatefulSetUpdateStrategy } from "../../../openapi/api/apps.v1.ts";
import type { PodTemplateSpec, Volume } from "../../../openapi/api/core.v1.ts";
import { dnsLabel, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateLabelSelector, validateLabels } from "../../meta/label-validation.ts";
import { validateAnnotations, validateNonNegative } from "../../meta/object-meta.ts";
import { validateAnnotationsOfPod } from "../core/pod/annotation-validation.ts";
import { validateClaimSpec } from "../core/pod/claim-template.ts";
import { validatePodTemplateSpec } from "../core/pod/validation.ts";
import type { ValidationOptions } from "../core/pod/validation-options.ts";
import {
  amountOf,
  doesNotMatch,
  isEmptySelector,
  selectorForm,
  selectorMatches,
  validateAtMost100Percent,
  validateIntOrPercent,
  validateRunsForever,
} from "./workload-validation.ts";

/** What a change of a stored one lets pass. */
export interface StatefulSetOptions {
  readonly pod: ValidationOptions;
  readonly anyServiceName?: boolean;
  readonly anyTemplate?: boolean;
  readonly anyClaims?: boolean;
}

/** (ValidateStatefulSetSpec of pkg/apis/apps/validation) */
export function validateStatefulSetSpec(
  spec: StatefulSetSpec,
  field: string,
  options: StatefulSetOptions,
): FieldError[] {
  const { podManagementPolicy: policy = "", persistentVolumeClaimRetentionPolicy: retention } = spec;
  const errors: FieldError[] = [];
  if (policy === "") errors.push(fieldRequired(`${field}.podManagementPolicy`, ""));
  else if (policy !== "OrderedReady" && policy !== "Parallel") {
    errors.push(fieldInvalid(`${field}.podManagementPolicy`, policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  errors.push(...validateStrategy(spec.updateStrategy, `${field}.updateStrategy`));
  for (const when of ["whenDeleted", "whenScaled"] as const) {
    const at = `${field}.persistentVolumeClaimRetentionPolicy.${when}`;
    if (retention) errors.push(...oneOf(retention[when] ?? "", ["Retain", "Delete"], at));
  }
  if (!options.anyClaims) {
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) {
      errors.push(...validateClaimSpec(claim.spec, `${field}.volumeClaimTemplates[${i}].spec`));
    }
  }
  errors.push(...validateNonNegative(spec.replicas ?? 0, `${field}.replicas`));
  errors.push(...validateNonNegative(spec.minReadySeconds ?? 0, `${field}.minReadySeconds`));
  errors.push(...validateNonNegative(spec.ordinals?.start ?? 0, `${field}.ordinals.start`));
  if (!options.anyServiceName && spec.serviceName) {
    errors.push(...dnsLabel(spec.serviceName, `${field}.serviceName`));
  }
  return [
    ...errors,
    ...validateSelector(spec, field, options),
    ...validateRunsForever(spec.template, `${field}.template`, "StatefulSet"),
  ];
}

function validateSelector(spec: StatefulSetSpec, field: string, options: StatefulSetOptions): FieldError[] {
  const { selector } = spec;
  const at = `${field}.selector`;
  const errors = selector ? validateLabelSelector(selector, {}, at) : [fieldRequired(at, "")];
  if (selector && isEmptySelector(selector)) {
    errors.push(fieldInvalid(at, {}, "empty selector is invalid for statefulset"));
  }
  const template = effectiveTemplate(spec);
  const matches = selectorMatches(selector, template);
  if (matches === undefined) return [...errors, fieldInvalid(at, selectorForm(selector), "")];
  if (!matches) errors.push(doesNotMatch(template, `${field}.template`));
  const path = `${field}.template`;
  const { metadata } = template;
  return [
    ...errors,
    ...(options.anyTemplate ? [] : validatePodTemplateSpec(template, path, options.pod)),
    // Upstream checks these twice.
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...validateAnnotationsOfPod(metadata?.annotations, template.spec ?? {}, `${path}.annotations`, options.pod),
  ];
}

/** The controller gives each Pod its names and claims: what the template says of them does not count. */
function effectiveTemplate({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { hostname: _hostname, subdomain: _subdomain, ...spec } = template.spec ?? {};
  if (volumeClaimTemplates.length === 0) return { ...template, spec };
  const names = [...new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ""))];
  const claims: Volume[] = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = (spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } };
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, field: string): FieldError[] {
  const { type = "", rollingUpdate } = strategy;
  const at = `${field}.rollingUpdate`;
  if (type === "") return [fieldRequired(field, "")];
  if (type === "OnDelete") {
    if (!rollingUpdate) return [];
    const value = internalForm("apps.RollingUpdateStatefulSetStrategy", rollingUpdate);
    return [fieldInvalid(at, value, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== "RollingUpdate") {
    const value = internalForm("apps.StatefulSetUpdateStrategy", strategy);
    return [fieldInvalid(field, value, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  const { partition = 0, maxUnavailable } = rollingUpdate ?? {};
  const errors = validateNonNegative(partition, `${at}.partition`);
  if (maxUnavailable === undefined) return errors;
  const path = `${at}.maxUnavailable`;
  errors.push(...validateIntOrPercent(maxUnavailable, path));
  if (amountOf(maxUnavailable) === 0) errors.push(fieldInvalid(path, maxUnavailable, "cannot be 0"));
  return [...errors, ...validateAtMost100Percent(maxUnavailable, path)];
}

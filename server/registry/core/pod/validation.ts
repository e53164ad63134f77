import type { Pod, PodTemplateSpec } from "../../../../openapi/api/core.v1.ts";
import { type FieldError, fieldForbidden } from "../../../meta/field-error.ts";
import { validateLabels } from "../../../meta/label-validation.ts";
import { validateAnnotations } from "../../../meta/object-meta.ts";
import { validateAnnotationsOfPod, validateProfilesMatch } from "./annotation-validation.ts";
import { validateImageOfPod } from "./container-validation.ts";
import { validatePodSpec } from "./spec-validation.ts";
import type { ValidationOptions } from "./validation-options.ts";

/** (ValidatePodCreate of pkg/apis/core/validation) */
export function validatePod(pod: Pod): FieldError[] {
  const { metadata, spec = {} } = pod;
  const errors = validatePodContent(pod, { isPod: true });
  if (spec.ephemeralContainers?.length) {
    errors.push(fieldForbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(fieldForbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return [...errors, ...validateProfilesMatch(metadata, spec, "spec")];
}

/** What holds for a Pod at any time. (validatePodMetadataAndSpec) */
export function validatePodContent({ metadata, spec = {} }: Pod, options: ValidationOptions): FieldError[] {
  const errors = [
    ...validateAnnotationsOfPod(metadata.annotations, spec, "metadata.annotations", options),
    ...validatePodSpec(spec, metadata, "spec", options),
  ];
  if (!spec.serviceAccountName) {
    const detail = "must not be specified when serviceAccountName is not set";
    for (const [i, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
        if (!serviceAccountToken) continue;
        errors.push(fieldForbidden(`spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`, detail));
      }
    }
  }
  for (const list of ["containers", "initContainers"] as const) {
    errors.push(...(spec[list] ?? []).flatMap((container, i) => validateImageOfPod(container, `spec.${list}[${i}]`)));
  }
  return errors;
}

/** (ValidatePodTemplateSpec) */
export function validatePodTemplateSpec(
  { metadata, spec = {} }: PodTemplateSpec,
  field: string,
  options: ValidationOptions,
): FieldError[] {
  const errors = [
    ...validateLabels(metadata?.labels, `${field}.labels`),
    ...validateAnnotations(metadata?.annotations, `${field}.annotations`),
    ...validateAnnotationsOfPod(metadata?.annotations, spec, `${field}.annotations`, options),
    ...validatePodSpec(spec, undefined, `${field}.spec`, options),
    ...validateProfilesMatch(metadata ?? {}, spec, `${field}.spec`),
  ];
  if (spec.ephemeralContainers?.length) {
    const detail = "ephemeral containers not allowed in pod template";
    errors.push(fieldForbidden(`${field}.spec.ephemeralContainers`, detail));
  }
  return errors;
}

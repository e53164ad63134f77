import type {
  Affinity,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from "../../../../openapi/api/core.v1.ts";
import { clearField, orEmpty } from "../../../../openapi/given-empty.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { internalDiff, internalForm } from "../../../meta/internal-form.ts";
import { rangeError } from "../../../meta/names.ts";
import { MIRROR, validateAnnotationChanges, validateAnnotationsOfPod } from "./annotation-validation.ts";
import { validateTolerations } from "./scheduling-validation.ts";
import { validatePodContent } from "./validation.ts";
import { type ValidationOptions, validationOptions } from "./validation-options.ts";

const MAX_INT32 = 2 ** 31 - 1;
const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** What an update that goes through a Pod's content checks first. */
export function validateContentOfUpdate(pod: Pod, old: Pod): FieldError[] {
  return validatePodContent(pod, optionsOf(old));
}

function optionsOf(old: Pod): ValidationOptions {
  return { ...validationOptions(old.spec ?? {}, old.metadata), isPod: true };
}

export function validateAnnotationUpdates(pod: Pod, old: Pod): FieldError[] {
  const field = "metadata.annotations";
  return [
    ...validateAnnotationChanges(pod.metadata.annotations, old.metadata.annotations, field),
    ...validateAnnotationsOfPod(pod.metadata.annotations, pod.spec ?? {}, field, optionsOf(old)),
  ];
}

/** Little of a Pod may change. (ValidatePodUpdate of pkg/apis/core/validation) */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [...validateContentOfUpdate(pod, old), ...validateAnnotationUpdates(pod, old)];
  const spec = pod.spec ?? {};
  const oldSpec = old.spec ?? {};
  for (const list of ["containers", "initContainers"] as const) {
    const { found, stop } = validateContainerUpdates(spec[list], oldSpec[list], `spec.${list}`);
    errors.push(...found);
    if (stop) return errors;
  }
  const deadline = validateDeadline(spec, oldSpec);
  errors.push(...deadline.found);
  if (deadline.stop) return errors;
  errors.push(...validateAddedTolerations(spec.tolerations, oldSpec.tolerations, optionsOf(old)));
  const oldGates = new Set((oldSpec.schedulingGates ?? []).map(({ name }) => name));
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    // Of one that is named twice the last is told.
    const isLast = !spec.schedulingGates?.slice(i + 1).some((other) => other.name === name);
    if (oldGates.has(name) || !isLast) continue;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(fieldForbidden(`spec.schedulingGates[${i}].name`, detail));
  }
  if (semanticEqual(spec, oldSpec)) return errors;
  const munged = withoutUpdatable(spec, oldSpec);
  if (oldGates.size > 0) errors.push(...allowDirectives(munged, oldSpec));
  if (!semanticEqual(munged, oldSpec)) {
    const detail = `pod updates may not change fields other than ${UPDATABLE}\n${internalDiff("PodSpec", oldSpec, munged)}`;
    errors.push(fieldForbidden("spec", detail));
  }
  return errors;
}

interface Checked {
  readonly found: FieldError[];
  /** What would follow makes no sense. */
  readonly stop: boolean;
}

function validateContainerUpdates(
  containers: PodSpec["containers"] = [],
  old: PodSpec["containers"] = [],
  field: string,
): Checked {
  if (containers.length !== old.length) {
    return { found: [fieldForbidden(field, "pod updates may not add or remove containers")], stop: true };
  }
  const found = containers.flatMap(({ image = "" }, i) => {
    const at = `${field}[${i}].image`;
    const errors = image ? [] : [fieldRequired(at, "")];
    if (image.trim() !== image) errors.push(fieldInvalid(at, image, "must not have leading or trailing whitespace"));
    return errors;
  });
  return { found, stop: false };
}

function validateDeadline({ activeDeadlineSeconds: now }: PodSpec, { activeDeadlineSeconds: old }: PodSpec): Checked {
  const field = "spec.activeDeadlineSeconds";
  if (now === undefined) {
    if (old === undefined) return { found: [], stop: false };
    return {
      found: [fieldInvalid(field, undefined, "must not update from a positive integer to nil value")],
      stop: false,
    };
  }
  if (now < 0 || now > MAX_INT32) return { found: [fieldInvalid(field, now, rangeError(0, MAX_INT32))], stop: true };
  if (old !== undefined && old < now) {
    return { found: [fieldInvalid(field, now, "must be less than or equal to previous value")], stop: true };
  }
  return { found: [], stop: false };
}

/** (validateOnlyAddedTolerations) */
function validateAddedTolerations(
  tolerations: readonly Toleration[] = [],
  old: readonly Toleration[] = [],
  options: ValidationOptions,
): FieldError[] {
  const lasting = ({ tolerationSeconds: _seconds, ...rest }: Toleration) => rest;
  const kept = old.every((before) => tolerations.some((now) => semanticEqual(lasting(now), lasting(before))));
  if (kept) return validateTolerations(tolerations, "spec.tolerations", options);
  const detail = "existing toleration can not be modified except its tolerationSeconds";
  return [fieldForbidden("spec.tolerations", detail)];
}

/** The new spec with the old values of everything that may change. */
function withoutUpdatable(spec: PodSpec, old: PodSpec): PodSpec {
  const { activeDeadlineSeconds: _deadline, schedulingGates: _gates, tolerations: _tolerations, ...rest } = spec;
  const images = (list: "containers" | "initContainers") =>
    (spec[list] ?? []).map(({ image: _image, ...container }, i) => {
      const image = old[list]?.[i]?.image;
      return { ...container, ...(image !== undefined && { image }) };
    });
  const { activeDeadlineSeconds, schedulingGates, tolerations, terminationGracePeriodSeconds: grace } = old;
  for (const field of ["initContainers", "schedulingGates", "tolerations"] as const) clearField(rest as PodSpec, field);
  return {
    ...rest,
    containers: images("containers"),
    ...(spec.initContainers && { initContainers: images("initContainers") }),
    ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
    ...(schedulingGates && { schedulingGates }),
    ...(tolerations && { tolerations }),
    ...(grace !== undefined && grace < 0 && rest.terminationGracePeriodSeconds === 1
      ? { terminationGracePeriodSeconds: grace }
      : {}),
  };
}

/** While gated, where a Pod may run can be narrowed. Puts the old values into `munged`. */
function allowDirectives(munged: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(munged.nodeSelector, old.nodeSelector)) {
    const changed = Object.entries(old.nodeSelector ?? {}).some(([key, value]) => munged.nodeSelector?.[key] !== value);
    if (changed) {
      const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
      errors.push(fieldInvalid("spec.nodeSelector", orEmpty(munged, "nodeSelector"), detail));
    }
    put(munged, "nodeSelector", old.nodeSelector);
  }
  const before = old.affinity?.nodeAffinity;
  const after = munged.affinity?.nodeAffinity;
  if (semanticEqual(before, after)) return errors;
  errors.push(...validateNarrowing(after, before));
  const { nodeAffinity: _affinity, ...others } = munged.affinity ?? {};
  const affinity: Affinity = { ...others, ...(before && { nodeAffinity: before }) };
  put(munged, "affinity", Object.keys(affinity).length > 0 || old.affinity ? affinity : undefined);
  return errors;
}

function put<K extends keyof PodSpec>(spec: PodSpec, field: K, value: PodSpec[K]): void {
  if (value === undefined) clearField(spec, field);
  else spec[field] = value;
}

/** (validateNodeAffinityMutation) */
function validateNarrowing(now: NodeAffinity | undefined, old: NodeAffinity | undefined): FieldError[] {
  const field = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  const before = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const terms = now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (before.length > 0 && before.length !== (terms?.length ?? 0)) {
    const detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    return [fieldInvalid(field, internalForm("[]NodeSelectorTerm", terms), detail)];
  }
  return before.flatMap((term, i) => {
    const next = terms?.[i] ?? {};
    if (onlyAdds(next, term)) return [];
    const detail = "only additions are allowed (no mutations or deletions)";
    return [fieldInvalid(`${field}[${i}]`, internalForm("NodeSelectorTerm", next), detail)];
  });
}

function onlyAdds(now: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const count = ({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm) =>
    matchExpressions.length + matchFields.length;
  // Empty terms match nothing, and must not begin to.
  if (count(old) === 0) return count(now) === 0;
  const begins = (list: "matchExpressions" | "matchFields") => {
    const before = old[list] ?? [];
    return semanticEqual((now[list] ?? []).slice(0, before.length), before);
  };
  return begins("matchExpressions") && begins("matchFields");
}

/** They may be added, and nothing else. (ValidatePodEphemeralContainersUpdate) */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) {
    return [fieldForbidden("[]", "static pods do not support ephemeral containers")];
  }
  const field = "spec.ephemeralContainers";
  const now = new Map((pod.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return [
    ...validateContentOfUpdate(pod, old),
    ...validateAnnotationUpdates(pod, old),
    ...(old.spec?.ephemeralContainers ?? []).flatMap((before) => {
      const container = now.get(before.name);
      const what = `existing ephemeral containers "${before.name}" may not be`;
      if (!container) return [fieldForbidden(field, `${what} removed\n`)];
      if (semanticEqual(before, container)) return [];
      return [fieldForbidden(field, `${what} changed\n${internalDiff("EphemeralContainer", before, container)}`)];
    }),
  ];
}

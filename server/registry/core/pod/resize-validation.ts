import type { Container, Pod, PodSpec, ResourceRequirements } from "../../../../openapi/api/core.v1.ts";
import { deepCopy, semanticEqual } from "../../../meta/equality.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../../meta/field-error.ts";
import { MIRROR } from "./annotation-validation.ts";
import { qosClass } from "./qos.ts";
import { isSidecar, type ResourceList } from "./resource-lists.ts";
import { validateContentOfUpdate } from "./update-validation.ts";

/** CPU and memory of running containers may change, and nothing else. (ValidatePodResize of pkg/apis/core/validation) */
export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const spec = pod.spec ?? {};
  const oldSpec = old.spec ?? {};
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [fieldForbidden("[]", "static pods cannot be resized")];
  if (oldSpec.os?.name === "windows") return [fieldForbidden("[]", "windows pods cannot be resized")];
  const errors = validateContentOfUpdate(pod, old);
  if ((old.status?.qosClass || qosClass(oldSpec)) !== qosClass(spec)) {
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(fieldInvalid("spec", pod.status?.qosClass ?? "", detail));
  }
  if (!nodeCanResize(old)) errors.push(fieldForbidden("spec", "Pod running on node without support for resize"));
  const munged = deepCopy(spec);
  if (isSet(oldSpec.resources) || isSet(spec.resources)) errors.push(...validateWhole(munged, oldSpec));
  if (old.status?.nodeAllocatableResourceClaimStatuses?.length) {
    errors.push(fieldForbidden("spec", "pods with node allocatable resource claims cannot be resized"));
  }
  const moved = validateOrder(spec, oldSpec);
  if (moved.length > 0) return [...errors, ...moved];
  for (const list of ["initContainers", "containers"] as const) {
    for (const [i, before] of (oldSpec[list] ?? []).entries()) {
      errors.push(...validateRemoved(spec[list]?.[i]?.resources, before.resources, `spec.${list}[${i}].resources`));
    }
  }
  errors.push(...restoreContainers(munged, oldSpec), ...restoreInitContainers(munged, oldSpec));
  if (errors.length > 0 || semanticEqual(munged, oldSpec)) return errors;
  return [fieldForbidden("spec", "only cpu and memory resources are mutable")];
}

function isSet(resources: ResourceRequirements | undefined): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;
}

/** Kubelets that can resize report resources of what runs. */
function nodeCanResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running);
  return !running || running.resources !== undefined;
}

function validateWhole(munged: PodSpec, old: PodSpec): FieldError[] {
  if (old.resources && !munged.resources) {
    return [fieldForbidden("spec.resources", "pod-level resources cannot be removed")];
  }
  const errors: FieldError[] = [];
  for (const kind of ["requests", "limits"] as const) {
    if (!old.resources || !isRemoved(munged.resources?.[kind], old.resources[kind])) continue;
    errors.push(fieldForbidden(`spec.resources.${kind}`, `pod-level resource ${kind} cannot be removed`));
  }
  const restored = munged.resources && restoreComputing(munged.resources, old.resources);
  if (restored && (old.resources || isSet(restored) || restored.claims?.length)) munged.resources = restored;
  else delete munged.resources;
  if (semanticEqual(munged.resources, old.resources)) return errors;
  return [...errors, fieldForbidden("spec", "only cpu and memory resources are mutable at pod-level")];
}

function validateOrder(spec: PodSpec, old: PodSpec): FieldError[] {
  return (["containers", "initContainers"] as const).flatMap((list) => {
    const containers = spec[list] ?? [];
    const before = old[list] ?? [];
    if (containers.length !== before.length) {
      return [fieldForbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
    }
    return before.flatMap(({ name }, i) =>
      containers[i]?.name === name
        ? []
        : [fieldForbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)],
    );
  });
}

function validateRemoved(
  resources: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  field: string,
): FieldError[] {
  return (["requests", "limits"] as const)
    .filter((kind) => isRemoved(resources?.[kind], old?.[kind]))
    .map((kind) => fieldForbidden(`${field}.${kind}`, `resource ${kind} cannot be removed`));
}

function isRemoved(list: ResourceList = {}, old: ResourceList = {}): boolean {
  return Object.keys(old).some((name) => list[name] === undefined);
}

/** Puts the old CPU and memory back into the munged containers: then nothing may differ. */
function restoreContainers(munged: PodSpec, old: PodSpec): FieldError[] {
  return (munged.containers ?? []).flatMap((container, i) => {
    const before = old.containers?.[i];
    container.resources = restoreComputing(withoutClaims(container.resources), before?.resources);
    if (semanticEqual(container, before)) return [];
    return [fieldForbidden("spec", "only cpu and memory resources are mutable")];
  });
}

function restoreInitContainers(munged: PodSpec, old: PodSpec): FieldError[] {
  return (munged.initContainers ?? []).flatMap((container: Container, i) => {
    const before = old.initContainers?.[i];
    const at = `spec.initContainers[${i}]`;
    const modified = !semanticEqual(container, before);
    container.resources = restoreComputing(withoutClaims(container.resources), before?.resources);
    const errors: FieldError[] = [];
    if (!semanticEqual(container, before)) {
      const detail = "only cpu and memory resources for init or sidecar containers are mutable";
      errors.push(fieldForbidden(at, detail));
    }
    if (!modified || isSidecar(container)) return errors;
    const restarting = (container.resizePolicy ?? []).filter(
      ({ restartPolicy }) => restartPolicy === "RestartContainer",
    );
    const detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
    return [...errors, ...restarting.map(() => fieldForbidden(at, detail))];
  });
}

/** Claims of containers are not among what is compared, but for those that were there before. */
function withoutClaims({ claims: _, ...resources }: ResourceRequirements = {}): ResourceRequirements {
  return resources;
}

function restoreComputing(
  { limits, requests, ...rest }: ResourceRequirements = {},
  old: ResourceRequirements | undefined,
): ResourceRequirements {
  const restored = (list: ResourceList = {}, before: ResourceList = {}) => {
    const { cpu: _cpu, memory: _memory, ...others } = list;
    const { cpu, memory } = before;
    return { ...others, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
  };
  const both = { limits: restored(limits, old?.limits), requests: restored(requests, old?.requests) };
  return {
    ...rest,
    ...(Object.keys(both.limits).length > 0 || old?.limits ? { limits: both.limits } : {}),
    ...(Object.keys(both.requests).length > 0 || old?.requests ? { requests: both.requests } : {}),
  };
}

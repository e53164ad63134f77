import type { Affinity, PodSpec, PodTemplateSpec } from "../../../../openapi/api/core.v1.ts";
import type { ObjectMeta } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { hasInvalidLabelValue, validateLabelSelector } from "../../../meta/label-validation.ts";
import { validateLabelValue } from "../../../meta/names.ts";
import { validateDeletionCost } from "./deletion-cost.ts";
import { validateLabelKeys } from "./label-keys.ts";
import { isSidecar } from "./resource-lists.ts";
import { hasIndivisibleHugePages } from "./resource-validation.ts";
import { hostNamespaceOf } from "./sysctls.ts";
import { validateLocalPath } from "./volume-paths.ts";

/**
 * What validation lets pass: things that were allowed once, in objects that have them already. Features of 1.36 that
 * are on by default are no option. (PodValidationOptions, GetValidationOptionsFromPodSpecAndMeta of pkg/api/pod)
 */
export interface ValidationOptions {
  /** A Pod, not a template. */
  readonly isPod?: boolean;
  readonly allowInvalidDeletionCost?: boolean;
  readonly allowInvalidLabelValueInSelector?: boolean;
  readonly allowInvalidLabelValueInNodeAffinity?: boolean;
  readonly allowInvalidSpreadSelector?: boolean;
  readonly allowLegacySpreadKeys?: boolean;
  readonly allowIndivisibleHugePages?: boolean;
  readonly allowNonLocalTokenPath?: boolean;
  readonly allowHostSysctls?: boolean;
  readonly allowUserNamespacesWithDevices?: boolean;
  readonly allowRestartingInitContainers?: boolean;
  readonly allowComparingTolerations?: boolean;
  readonly allowSELinuxMountOption?: boolean;
}

/** For a create pass no old object. */
export function validationOptions(
  old: PodSpec | undefined,
  oldMeta: Pick<ObjectMeta, "annotations"> | undefined,
): ValidationOptions {
  if (!old) return {};
  const containers = [...(old.initContainers ?? []), ...(old.containers ?? [])];
  const spread = old.topologySpreadConstraints ?? [];
  return {
    allowInvalidDeletionCost: validateDeletionCost(oldMeta?.annotations) !== undefined,
    allowInvalidLabelValueInSelector: hasInvalidAffinitySelector(old.affinity),
    allowInvalidLabelValueInNodeAffinity: hasInvalidNodeAffinity(old.affinity),
    allowInvalidSpreadSelector: spread.some((s) => validateLabelSelector(s.labelSelector, {}, "").length > 0),
    allowLegacySpreadKeys: spread.some((s) => validateLabelKeys(s, "").length > 0),
    allowIndivisibleHugePages: containers.some(({ resources }) => hasIndivisibleHugePages(resources ?? {})),
    allowNonLocalTokenPath: (old.volumes ?? []).some(({ projected }) =>
      projected?.sources?.some(
        ({ serviceAccountToken }) => serviceAccountToken && validateLocalPath(serviceAccountToken.path, "").length > 0,
      ),
    ),
    allowHostSysctls: (old.securityContext?.sysctls ?? []).some(({ name }) => hostNamespaceOf(name, old)),
    allowUserNamespacesWithDevices: old.hostUsers === false && containers.some((c) => c.volumeDevices?.length),
    allowRestartingInitContainers: (old.initContainers ?? []).some(
      (c) => !isSidecar(c) && c.resizePolicy?.some(({ restartPolicy }) => restartPolicy === "RestartContainer"),
    ),
    allowSELinuxMountOption: old.securityContext?.seLinuxChangePolicy !== undefined,
    allowComparingTolerations: (old.tolerations ?? []).some(({ operator }) => operator === "Lt" || operator === "Gt"),
  };
}

export function templateOptions(old: PodTemplateSpec | undefined): ValidationOptions {
  return validationOptions(old && (old.spec ?? {}), old?.metadata);
}

function hasInvalidAffinitySelector(affinity: Affinity | undefined): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((side) =>
    [
      ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
    ].some((term) => hasInvalidLabelValue(term.labelSelector)),
  );
}

function hasInvalidNodeAffinity(affinity: Affinity | undefined): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ values = [] }) => values.some((value) => validateLabelValue(value).length > 0)),
  );
}

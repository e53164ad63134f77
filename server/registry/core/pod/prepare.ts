import type { Pod, PodSpec, PodStatus } from "../../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { rfc3339 } from "../../../meta/time.ts";
import { restore } from "../../subresources.ts";
import { mergeLabelKeys } from "./affinity-labels.ts";
import { syncAppArmor } from "./app-armor.ts";
import { dropDisabledSpec, dropDisabledStatus } from "./disabled-fields.ts";
import { qosClass } from "./qos.ts";

/** (podStrategy.PrepareForCreate) */
export function prepareForCreate(pod: Pod, now: Date, warn: (text: string) => void): void {
  pod.spec ??= {};
  pod.metadata.generation = 1;
  // The class is taken from whoever sends one. (GetPodQOS)
  pod.status = { phase: "Pending", qosClass: pod.status?.qosClass || qosClass(pod.spec) };
  dropDisabledSpec(pod.spec, undefined);
  if (pod.spec.schedulingGates?.length) pod.status.conditions = [gatedCondition(now)];
  mergeLabelKeys(pod);
  syncAppArmor(pod, warn);
}

function gatedCondition(now: Date): NonNullable<PodStatus["conditions"]>[number] {
  return {
    type: "PodScheduled",
    status: "False",
    lastTransitionTime: rfc3339(now),
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
  };
}

/** (podStrategy.PrepareForUpdate) */
export function prepareForUpdate(pod: Pod, old: Pod): void {
  restore(pod, old, "status");
  pod.spec ??= {};
  dropDisabledSpec(pod.spec, old.spec);
  bumpGeneration(pod, old);
}

/** (podStatusStrategy.PrepareForUpdate) */
export function prepareForStatusUpdate(pod: Pod, old: Pod): void {
  restore(pod, old, "spec");
  delete pod.metadata.deletionTimestamp;
  // Old kubelets corrupt them.
  restore(pod.metadata, old.metadata, "ownerReferences");
  pod.status ??= {};
  pod.status.qosClass ||= old.status?.qosClass;
  if (!pod.status.qosClass) delete pod.status.qosClass;
  keepObservedGenerations(pod.status, old.status ?? {});
  dropDisabledStatus(pod.status, old.status ?? {});
}

/** Clients that know nothing of `observedGeneration` do not reset it. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration;
  // A type may occur several times.
  const known = new Map<string, (number | undefined)[]>();
  for (const { type, observedGeneration } of old.conditions ?? []) {
    known.set(type, [...(known.get(type) ?? []), observedGeneration]);
  }
  for (const condition of status.conditions ?? []) {
    const before = known.get(condition.type)?.shift();
    if (!condition.observedGeneration && before) condition.observedGeneration = before;
  }
}

/** Everything but the ephemeral containers, labels and annotations stays. (podEphemeralContainersStrategy) */
export function prepareForEphemeralContainers(pod: Pod, old: Pod): void {
  const { ephemeralContainers } = pod.spec ?? {};
  const { ephemeralContainers: _old, ...spec } = old.spec ?? {};
  pod.spec = { ...spec, ...(ephemeralContainers && { ephemeralContainers }) };
  keepRest(pod, old);
}

/** Everything but resources and resize policies stays. (podResizeStrategy) */
export function prepareForResize(pod: Pod, old: Pod): void {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {};
  const { containers: oldContainers = [], initContainers: oldInit = [] } = old.spec ?? {};
  // Containers that come and go are for validation to refuse.
  if (containers.length === oldContainers.length && initContainers.length === oldInit.length) {
    const { resources: _old, ...spec } = old.spec ?? {};
    pod.spec = {
      ...spec,
      containers: withResources(containers, oldContainers),
      ...(initContainers.length > 0 && { initContainers: withResources(initContainers, oldInit) }),
      ...(resources && { resources }),
    };
  }
  keepRest(pod, old);
}

type Containers = NonNullable<PodSpec["containers"]>;

function withResources(containers: Containers, old: Containers): Containers {
  if (containers.some(({ name }, i) => name !== old[i]?.name)) return containers;
  return old.map(({ resizePolicy: _policy, ...before }, i) => {
    const { resources, resizePolicy } = containers[i]!; // as many as before
    return { ...before, resources, ...(resizePolicy && { resizePolicy }) };
  });
}

/** Of the metadata only labels, annotations and what the server keeps anyway may change. (ResetObjectMetaForStatus) */
function keepRest(pod: Pod, old: Pod): void {
  restore(pod, old, "status");
  for (const field of ["deletionTimestamp", "generation", "finalizers", "ownerReferences"]) {
    restore(pod.metadata, old.metadata, field);
  }
  for (const field of ["labels", "annotations"]) restore(pod.metadata, old.metadata, field);
  dropDisabledSpec(pod.spec ?? {}, old.spec);
  bumpGeneration(pod, old);
}

function bumpGeneration(pod: Pod, old: Pod): void {
  if (!semanticEqual(pod.spec, old.spec)) pod.metadata.generation = (pod.metadata.generation ?? 0) + 1;
}

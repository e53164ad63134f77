import type { PersistentVolumeClaim, Pod } from "../openapi/api/core.v1.ts";
import type { Change } from "./framework.ts";

/** The claims that a Pod uses, with the names of generated ones for ephemeral volumes. */
export function claimNames({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
  );
}

/** Whether a claim that has changed is one of a Pod's. */
export const usesClaim = (pod: Pod, { now }: Change<PersistentVolumeClaim>): boolean =>
  pod.metadata.namespace === now?.metadata.namespace && claimNames(pod).includes(now?.metadata.name ?? "");

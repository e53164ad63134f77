import type { PersistentVolumeClaim, Pod } from "../openapi/api/core.v1.ts";
import type { Change } from "./framework.ts";

/** A claim as a Pod names it. Those of ephemeral volumes are made for the Pod. */
export interface UsedClaim {
  name: string;
  isEphemeral: boolean;
}

/** The claims that a Pod uses. */
export function claimsUsed({ metadata, spec }: Pod): UsedClaim[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): UsedClaim[] => {
    if (persistentVolumeClaim) return [{ name: persistentVolumeClaim.claimName, isEphemeral: false }];
    return ephemeral ? [{ name: `${metadata.name}-${name}`, isEphemeral: true }] : [];
  });
}

/** Their names alone. */
export const claimNames = (pod: Pod): string[] => claimsUsed(pod).map(({ name }) => name);

/** Whether a claim that has changed is one of a Pod's. */
export const usesClaim = (pod: Pod, { now }: Change<PersistentVolumeClaim>): boolean =>
  pod.metadata.namespace === now?.metadata.namespace && claimNames(pod).includes(now?.metadata.name ?? "");

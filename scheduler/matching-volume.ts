import { nodeSelectorMatches, quantity } from "../client/index.ts";
import type { Node, PersistentVolume, PersistentVolumeClaim } from "../openapi/api/core.v1.ts";
import { refersTo } from "./bind-volumes.ts";
import type { Listers } from "./framework.ts";
import { selectorMatches } from "./selectors.ts";

/** Bytes that a claim asks for. */
export const sizeOfClaim = ({ spec }: PersistentVolumeClaim): number =>
  quantity(spec.resources?.requests?.storage ?? "0");

const sizeOf = ({ spec }: PersistentVolume): number => quantity(spec?.capacity?.storage ?? "0");

/** The class of a claim; the annotation of old goes before the field. (GetPersistentVolumeClaimClass) */
export const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";

/** Whether a node may use a volume. (CheckNodeAffinity) */
export const isReachable = ({ spec }: PersistentVolume, node: Node): boolean =>
  !spec?.nodeAffinity?.required || nodeSelectorMatches(spec.nodeAffinity.required, node);

/** A volume that would satisfy the claim: one that refers to it already, or a free one. */
function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const isMeant = refersTo(volume, claim);
  if (volume.metadata.deletionTimestamp || (volume.spec.claimRef && !isMeant)) return false;
  const fits =
    (volume.spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem") &&
    (volume.spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "") &&
    sizeOf(volume) >= sizeOfClaim(claim);
  if (!fits || isMeant) return fits;
  return (
    volume.status?.phase === "Available" &&
    (volume.spec.storageClassName ?? "") === classOf(claim) &&
    (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
    (!claim.spec.selector || selectorMatches(claim.spec.selector, volume.metadata.labels))
  );
}

/**
 * The existing volume that a claim would get on a node: one that refers to it, else the smallest. (FindMatchingVolume)
 * @param taken by other claims of the same Pod
 */
export function volumeFor(
  claim: PersistentVolumeClaim,
  node: Node,
  listers: Listers,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  return listers
    .persistentVolumes()
    .filter((volume) => !taken.has(volume.metadata.name ?? "") && suits(volume, claim) && isReachable(volume, node))
    .sort((a, b) => Number(refersTo(b, claim)) - Number(refersTo(a, claim)) || sizeOf(a) - sizeOf(b))[0];
}

import { type Lister, matchesSelector, quantity } from "../../../client/index.ts";
import { type Claim, classOf, isBoundTo, type Volume } from "../claims.ts";

const sizeOf = ({ spec }: Volume): number => quantity(spec.capacity?.storage ?? "0");
const requestOf = ({ spec }: Claim): number => quantity(spec.resources?.requests?.storage ?? "0");

/** Claims and volumes that say nothing about their mode are file systems. */
export function differInMode({ spec: claim }: Claim, { spec: volume }: Volume): boolean {
  return (claim.volumeMode ?? "Filesystem") !== (volume.volumeMode ?? "Filesystem");
}

const differInAttributes = ({ spec: claim }: Claim, { spec: volume }: Volume): boolean =>
  (claim.volumeAttributesClassName ?? "") !== (volume.volumeAttributesClassName ?? "");

const allowsAccess = ({ spec: claim }: Claim, { spec: volume }: Volume): boolean =>
  (claim.accessModes ?? []).every((mode) => volume.accessModes?.includes(mode));

/**
 * The volume that a claim should get: one that already refers to it, else the smallest one that is available, among
 * those with the fewest access modes. (persistentVolumeOrderedIndex.findByClaim, FindMatchingVolume)
 * @param delayed only volumes that refer to the claim: the scheduler chooses among the others
 */
export function findMatch(claim: Claim, volumes: Lister<Volume>, delayed: boolean): Volume | undefined {
  const byModes = new Map<string, Volume[]>();
  for (const volume of volumes.list()) {
    if (!allowsAccess(claim, volume)) continue;
    const modes = [...(volume.spec.accessModes ?? [])].sort();
    const key = `${modes.length}\0${modes.join()}`;
    byModes.set(key, [...(byModes.get(key) ?? []), volume]);
  }
  for (const [, alike] of [...byModes].sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const found = bestOf(claim, alike, delayed);
    if (found) return found;
  }
  return undefined;
}

function bestOf(claim: Claim, volumes: readonly Volume[], delayed: boolean): Volume | undefined {
  let smallest: Volume | undefined;
  for (const volume of volumes) {
    const { metadata, spec, status } = volume;
    if (spec.claimRef && !isBoundTo(volume, claim)) continue;
    if (sizeOf(volume) < requestOf(claim) || differInMode(claim, volume) || differInAttributes(claim, volume)) continue;
    if (metadata.deletionTimestamp) continue;
    if (isBoundTo(volume, claim)) return volume;
    if (delayed || status.phase !== "Available") continue;
    if (claim.spec.selector && !matchesSelector(claim.spec.selector, metadata.labels)) continue;
    if (classOf(volume) !== classOf(claim)) continue;
    if (!smallest || sizeOf(volume) < sizeOf(smallest)) smallest = volume;
  }
  return smallest;
}

/** Why a volume that a claim names cannot be had. (checkVolumeSatisfyClaim) */
export function mismatch(claim: Claim, volume: Volume): string | undefined {
  if (volume.metadata.deletionTimestamp) return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (sizeOf(volume) < requestOf(claim)) return "requested PV is too small";
  if (classOf(volume) !== classOf(claim)) return "storageClassName does not match";
  if (differInAttributes(claim, volume)) return "volumeAttributesClassName does not match";
  if (differInMode(claim, volume)) return "incompatible volumeMode";
  return allowsAccess(claim, volume) ? undefined : "incompatible accessMode";
}

/** Index of volumes by the key of the claim that they refer to. */
export const VOLUMES_BY_CLAIM = "claimRef";
/** Index of claims by the name of the volume that they name. */
export const CLAIMS_BY_VOLUME = "volumeName";

export const volumeIndexes = {
  [VOLUMES_BY_CLAIM]: ({ spec: { claimRef } }: Volume) => (claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : []),
};
export const claimIndexes = {
  [CLAIMS_BY_VOLUME]: ({ spec }: Claim) => (spec.volumeName ? [spec.volumeName] : []),
};

import { type Action, andThen, quantity } from "../../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import { deepEqual } from "../../equality.ts";
import { CLAIMS, type Claim, VOLUMES, type Volume } from "../claims.ts";

/** What the size was before an expansion that has not come to its end. (pkg/volume/util.AnnPreResizeCapacity) */
export const PRE_RESIZE_CAPACITY = "volume.alpha.kubernetes.io/pre-resize-capacity";

/** What is said about an object once its new phase is written. */
export interface Told {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

const tell = (about: Claim | Volume, told: Told | undefined): Action[] =>
  told ? [{ do: "event", about, ...told }] : [];

/** Brings a claim's status to a phase, with what its volume offers; nothing when all is so. (updateClaimStatus) */
export function setClaimPhase(claim: Claim, phase: string, volume?: Volume, told?: Told): Action[] {
  if (told && claim.status.phase === phase) return [];
  const { capacity, accessModes, currentVolumeAttributesClassName, ...rest } = claim.status;
  const status: PersistentVolumeClaim["status"] = volume ? statusOf(claim, phase, volume) : { ...rest, phase };
  if (deepEqual(status, claim.status)) return [];
  const object: PersistentVolumeClaim = { ...claim, status };
  return [andThen({ do: "updateStatus", resource: CLAIMS, object }, (written) => tell(written as Claim, told))];
}

function statusOf(claim: Claim, phase: string, { metadata, spec }: Volume): PersistentVolumeClaim["status"] {
  const status: PersistentVolumeClaim["status"] = { ...claim.status, phase };
  if (spec.accessModes) status.accessModes = spec.accessModes;
  else delete status.accessModes;
  if (claim.status.phase !== phase) {
    const preResize = metadata.annotations?.[PRE_RESIZE_CAPACITY];
    const given = claim.status.capacity?.storage;
    const offered = spec.capacity?.storage ?? "0";
    if (preResize !== undefined) status.capacity = { ...status.capacity, storage: preResize };
    else if (given === undefined || quantity(given) !== quantity(offered)) status.capacity = spec.capacity ?? {};
  }
  if (claim.status.phase === "Pending" && phase === "Bound") {
    if (spec.volumeAttributesClassName === undefined) delete status.currentVolumeAttributesClassName;
    else status.currentVolumeAttributesClassName = spec.volumeAttributesClassName;
  }
  return status;
}

/** Brings a volume to a phase, then goes on with it. (updateVolumePhase) */
export function setVolumePhase(
  volume: Volume,
  phase: string,
  next: (volume: Volume) => readonly Action[] = () => [],
  told?: Told,
): readonly Action[] {
  if (volume.status.phase === phase) return next(volume);
  const { message: _, ...status } = volume.status;
  const message = told && phase === "Failed" ? { message: told.message } : {};
  const object: PersistentVolume = { ...volume, status: { ...status, phase, ...message } };
  return [
    andThen({ do: "updateStatus", resource: VOLUMES, object }, (written) => [
      ...tell(written as Volume, told),
      ...next(written as Volume),
    ]),
  ];
}

import { type Action, andThen, referenceTo } from "../../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import {
  annotated,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  CLAIMS,
  type Claim,
  hasAnnotation,
  isBoundTo,
  VOLUMES,
  type Volume,
} from "../claims.ts";
import { setClaimPhase, setVolumePhase } from "./status.ts";

/**
 * Makes a volume and a claim refer to each other: volume, its status, claim, its status. Whatever fails on the way is
 * taken up again by the next round. (bind)
 */
export function bind(volume: Volume, claim: Claim): readonly Action[] {
  return bindVolume(volume, claim, (bound) =>
    setVolumePhase(bound, "Bound", (bound) => bindClaim(claim, bound, (claim) => setClaimPhase(claim, "Bound", bound))),
  );
}

function bindVolume(volume: Volume, claim: Claim, next: (volume: Volume) => readonly Action[]): readonly Action[] {
  const { claimRef } = volume.spec;
  const { name, namespace, uid } = claim.metadata;
  // A reference written by hand stays a hand's work.
  const mark = isBoundTo(volume, claim) ? {} : { [BOUND_BY_CONTROLLER]: "yes" };
  if (claimRef?.name === name && claimRef?.namespace === namespace && claimRef?.uid === uid) return next(volume);
  const spec = { ...volume.spec, claimRef: referenceTo(claim) };
  const object: PersistentVolume = { ...annotated<PersistentVolume>(volume, mark), spec };
  return [andThen({ do: "update", resource: VOLUMES, object }, (written) => next(written as Volume))];
}

function bindClaim(claim: Claim, volume: Volume, next: (claim: Claim) => readonly Action[]): readonly Action[] {
  const isNew = claim.spec.volumeName !== volume.metadata.name;
  if (!isNew && hasAnnotation(claim, BIND_COMPLETED)) return next(claim);
  const object: PersistentVolumeClaim = {
    ...annotated<PersistentVolumeClaim>(claim, {
      [BIND_COMPLETED]: "yes",
      ...(isNew && { [BOUND_BY_CONTROLLER]: "yes" }),
    }),
    spec: { ...claim.spec, volumeName: volume.metadata.name ?? "" },
  };
  return [andThen({ do: "update", resource: CLAIMS, object }, (written) => next(written as Claim))];
}

/** Takes back what binding did; a reference made by hand keeps its name and is open again. (unbindVolume) */
export function unbind(volume: Volume): readonly Action[] {
  const { claimRef, ...rest } = volume.spec;
  const { uid: _, ...byName } = claimRef ?? {};
  const object: PersistentVolume = hasAnnotation(volume, BOUND_BY_CONTROLLER)
    ? { ...annotated<PersistentVolume>(volume, { [BOUND_BY_CONTROLLER]: undefined }), spec: rest }
    : { ...volume, spec: { ...rest, claimRef: byName } };
  return [
    andThen({ do: "update", resource: VOLUMES, object }, (written) => setVolumePhase(written as Volume, "Available")),
  ];
}

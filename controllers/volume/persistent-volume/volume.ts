import { type Action, isNotFound } from "../../../client/index.ts";
import type { PersistentVolume } from "../../../openapi/api/core.v1.ts";
import {
  annotated,
  CLAIMS,
  type Claim,
  hasAnnotation,
  MIGRATED_TO,
  PROVISIONED_BY,
  VOLUMES,
  type Volume,
} from "../claims.ts";
import { unbind } from "./bind.ts";
import { type Listers, syncClaim } from "./claim.ts";
import { differInMode } from "./match.ts";
import { migratedTo } from "./plugins.ts";
import { IN_TREE_FINALIZER, reclaim } from "./reclaim.ts";
import { setVolumePhase } from "./status.ts";

/** Brings a volume's phase up to what its claim says, and gives it back when the claim is gone. (syncVolume) */
export function syncVolume(volume: Volume, listers: Listers): readonly Action[] {
  const marked = withMarks(volume);
  if (marked) return [{ do: "update", resource: VOLUMES, object: marked }];
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return setVolumePhase(volume, "Available");
  const claim = listers.claims.get(`${claimRef.namespace}/${claimRef.name}`);
  if (claim && claim.metadata.uid === claimRef.uid) return follow(volume, claim, listers);
  const isOver = volume.status.phase === "Released" || volume.status.phase === "Failed";
  if (isOver && !claim) return release(volume, listers);
  // Whatever the cache does not know may be younger than it: data is not given up before the server has been asked.
  const object = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { ...claimRef, resourceVersion: "" } };
  return [
    {
      do: "batch",
      actions: [{ do: "get", resource: CLAIMS, object }],
      after: ([result]) => {
        const live = result?.ok ? (result.object as Claim) : undefined;
        if (live && live.metadata.uid === claimRef.uid) return follow(volume, live, listers);
        if (result && !result.ok && !isNotFound(result.error)) return [{ do: "fail", error: result.error }];
        return release(volume, listers);
      },
    },
  ];
}

/** The claim is there. */
function follow(volume: Volume, claim: Claim, listers: Listers): readonly Action[] {
  const { name } = volume.metadata;
  if (claim.spec.volumeName === name) return setVolumePhase(volume, "Bound");
  if (!claim.spec.volumeName) {
    if (!differInMode(claim, volume)) return syncClaim(claim, listers);
    const warn = (about: Volume | Claim, message: string): Action => ({
      do: "event",
      about,
      type: "Warning",
      reason: "VolumeMismatch",
      message,
    });
    return [
      warn(
        volume,
        `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.`,
      ),
      warn(
        claim,
        `Cannot bind PersistentVolume "${name}" to requested PersistentVolumeClaim due to incompatible volumeMode.`,
      ),
    ];
  }
  // The claim has another volume. One that was made for this claim is of no use to others.
  const isMadeForIt = hasAnnotation(volume, PROVISIONED_BY) && volume.spec.persistentVolumeReclaimPolicy === "Delete";
  return isMadeForIt ? release(volume, listers) : unbind(volume);
}

function release(volume: Volume, { claims, pods }: Listers): readonly Action[] {
  const { claimRef } = volume.spec;
  const isClaimGone = !claims.get(`${claimRef?.namespace}/${claimRef?.name}`);
  const next = (released: Volume) => reclaim(released, isClaimGone, pods);
  return volume.status.phase === "Failed" ? next(volume) : setVolumePhase(volume, "Released", next);
}

/**
 * Says which CSI driver has taken over, and holds volumes of in-tree plugins until their storage is deleted.
 * (updateVolumeMigrationAnnotationsAndFinalizers)
 */
function withMarks(volume: Volume): PersistentVolume | undefined {
  const by = volume.metadata.annotations?.[PROVISIONED_BY];
  if (by === undefined) return undefined;
  const driver = migratedTo(by);
  const before = volume.metadata.finalizers ?? [];
  let finalizers = before;
  if (driver) finalizers = before.filter((one) => one !== IN_TREE_FINALIZER);
  else if (by.startsWith("kubernetes.io/")) {
    const isHeld = volume.spec.persistentVolumeReclaimPolicy === "Delete";
    finalizers = before.filter((one) => one !== EXTERNAL_FINALIZER && (isHeld || one !== IN_TREE_FINALIZER));
    if (isHeld && !before.includes(IN_TREE_FINALIZER)) finalizers = [...finalizers, IN_TREE_FINALIZER];
  }
  const isSame = finalizers.length === before.length && finalizers.every((one, index) => one === before[index]);
  if (isSame && volume.metadata.annotations?.[MIGRATED_TO] === driver) return undefined;
  const marked = annotated<PersistentVolume>(volume, { [MIGRATED_TO]: driver });
  return isSame ? marked : { ...marked, metadata: { ...marked.metadata, finalizers } };
}

/** (storagehelpers.PVDeletionProtectionFinalizer) */
const EXTERNAL_FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer";

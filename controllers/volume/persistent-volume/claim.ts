import type { Action, Lister } from "../../../client/index.ts";
import type { PersistentVolumeClaim, Pod } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import {
  annotated,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  CLAIMS,
  type Claim,
  classOf,
  defaultClass,
  hasAnnotation,
  hasClass,
  isBoundTo,
  isDelayed,
  MIGRATED_TO,
  PROVISIONER,
  SELECTED_NODE,
  usersOf,
  type Volume,
} from "../claims.ts";
import { bind } from "./bind.ts";
import { findMatch, mismatch } from "./match.ts";
import { migratedTo } from "./plugins.ts";
import { type HandedOver, provision } from "./provision.ts";
import { setClaimPhase } from "./status.ts";

/** What decisions about claims and volumes look at. */
export interface Listers {
  claims: Lister<PersistentVolumeClaim>;
  volumes: Lister<Volume>;
  classes: Lister<StorageClass>;
  pods: Lister<Pod>;
  /** What it remembers of claims that wait for a provisioner. */
  handedOver: HandedOver;
}

/** Brings a claim closer to its volume. (syncClaim) */
export function syncClaim(claim: Claim, listers: Listers): readonly Action[] {
  const provisioner = claim.metadata.annotations?.[PROVISIONER];
  if (provisioner !== undefined && migratedTo(provisioner) !== claim.metadata.annotations?.[MIGRATED_TO]) {
    const object = annotated<PersistentVolumeClaim>(claim, { [MIGRATED_TO]: migratedTo(provisioner) });
    return [{ do: "update", resource: CLAIMS, object }];
  }
  if (hasAnnotation(claim, BIND_COMPLETED)) return syncBound(claim, listers);
  return claim.spec.volumeName ? syncNamed(claim, claim.spec.volumeName, listers) : syncOpen(claim, listers);
}

const warn = (about: Claim, reason: string, message: string): Action => ({
  do: "event",
  about,
  type: "Warning",
  reason,
  message,
});

/** A claim that takes whatever volume fits. */
function syncOpen(claim: Claim, listers: Listers): readonly Action[] {
  const { volumes, classes } = listers;
  const delayed = isDelayed(claim, classes);
  const found = findMatch(claim, volumes, delayed);
  if (found) return bind(found, claim);
  const fallback = hasClass(claim) ? undefined : defaultClass(classes);
  if (fallback) {
    const spec = { ...claim.spec, storageClassName: fallback.metadata.name ?? "" };
    return [{ do: "update", resource: CLAIMS, object: { ...claim, spec } as PersistentVolumeClaim }];
  }
  const isWaiting = delayed && !hasAnnotation(claim, SELECTED_NODE);
  if (!isWaiting && classOf(claim)) return provision(claim, classOf(claim), classes, listers.handedOver);
  const told = isWaiting
    ? waitingFor(claim, listers.pods)
    : {
        reason: "FailedBinding",
        message: "no persistent volumes available for this claim and no storage class is set",
      };
  return [{ do: "event", about: claim, type: "Normal", ...told }, ...setClaimPhase(claim, "Pending")];
}

function waitingFor(claim: Claim, pods: Lister<Pod>): { reason: string; message: string } {
  const names = usersOf(claim, pods)
    .filter(({ spec }) => !spec.nodeName)
    .map(({ metadata }) => metadata.name);
  if (!names.length) {
    return { reason: "WaitForFirstConsumer", message: "waiting for first consumer to be created before binding" };
  }
  const which = names.length > 1 ? `pods ${names.join(",")}` : `pod ${names[0]}`;
  return { reason: "WaitForPodScheduled", message: `waiting for ${which} to be scheduled` };
}

/** A claim that names its volume. */
function syncNamed(claim: Claim, name: string, { volumes }: Listers): readonly Action[] {
  const volume = volumes.get(name);
  if (!volume) return setClaimPhase(claim, "Pending");
  if (!volume.spec.claimRef) {
    const problem = mismatch(claim, volume);
    if (!problem) return bind(volume, claim);
    const message = `Cannot bind to requested volume "${name}": ${problem}`;
    return [warn(claim, "VolumeMismatch", message), ...setClaimPhase(claim, "Pending")];
  }
  if (isBoundTo(volume, claim)) return bind(volume, claim);
  const event = warn(claim, "FailedBinding", `volume "${name}" already bound to a different claim.`);
  if (!hasAnnotation(claim, BOUND_BY_CONTROLLER)) return [event, ...setClaimPhase(claim, "Pending")];
  const { namespace, name: own } = claim.metadata;
  const { claimRef } = volume.spec;
  const text = `invalid binding of claim "${namespace}/${own}" to volume "${name}": volume already claimed by "${claimRef.namespace}/${claimRef.name}"`;
  return [event, { do: "fail", error: new Error(text) }];
}

/** A claim that was bound: is its volume still there, and its own? */
function syncBound(claim: Claim, { volumes }: Listers): readonly Action[] {
  const name = claim.spec.volumeName;
  const lost = (reason: string, message: string) =>
    setClaimPhase(claim, "Lost", undefined, { type: "Warning", reason, message });
  if (!name)
    return lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  const volume = volumes.get(name);
  if (!volume) return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  const { claimRef } = volume.spec;
  if (!claimRef || claimRef.uid === claim.metadata.uid) return bind(volume, claim);
  return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

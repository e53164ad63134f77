import type { Action, ApiObject, Lister } from "../../client/index.ts";
import type { StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import type { OwnerReference } from "../../openapi/api/meta.k8s.io.v1.ts";
import { deepEqual } from "../equality.ts";
import { controllerRef } from "../owner.ts";
import { tell } from "../pod-control.ts";
import { claimsOf, startOf } from "./pods.ts";

const CLAIMS = "v1/persistentvolumeclaims";

type View = Readonly<StatefulSet>;

/** A reference to something of this kind and name, be it this very one or an earlier one. */
const names = (reference: OwnerReference, { apiVersion, kind, metadata }: ApiObject): boolean =>
  reference.apiVersion === apiVersion && reference.kind === kind && reference.name === metadata.name;

/**
 * Who must own a claim so that it goes when it should: the set, when claims go with it, or the Pod, when the set has
 * become too short for it and claims go then. (updateClaimOwnerRefForSetAndPod)
 */
function wantedOwners(claim: Readonly<PersistentVolumeClaim>, set: View, pod: Readonly<Pod>, ordinal: number) {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const owners = claim.metadata.ownerReferences ?? [];
  const isOurs = (reference: OwnerReference) => names(reference, set) || names(reference, pod);
  const others = owners.filter((reference) => !isOurs(reference));
  // Namesakes that are gone: the garbage collector's business, and nothing is added meanwhile.
  const isStale = [set, pod].some((owner) =>
    owners.some((reference) => names(reference, owner) && reference.uid !== owner.metadata.uid),
  );
  if (isStale) return { owners, isForeign: false };
  const deletes = whenDeleted === "Delete" || whenScaled === "Delete";
  if (deletes && others.some(({ controller }) => controller)) return { owners: others, isForeign: true };
  const isBeyond = ordinal < startOf(set) || ordinal >= startOf(set) + (set.spec.replicas ?? 1);
  const owner = whenScaled === "Delete" && isBeyond ? pod : whenDeleted === "Delete" ? set : undefined;
  return { owners: owner ? [...others, controllerRef(owner)] : others, isForeign: false };
}

/** Brings the owners of a Pod's claims in line with the set's policy. (UpdatePodClaimForRetentionPolicy) */
export function alignOwners(set: View, pod: Readonly<Pod>, ordinal: number, claims: Lister<PersistentVolumeClaim>) {
  return claimsOf(set, ordinal).flatMap(({ metadata: { namespace, name } }): Action[] => {
    const claim = claims.get(`${namespace}/${name}`);
    if (!claim || !pod.metadata.uid) return [];
    const { owners, isForeign } = wantedOwners(claim, set, pod, ordinal);
    const current = claim.metadata.ownerReferences ?? [];
    if (deepEqual(byUid(owners), byUid(current))) return [];
    const object = { ...claim, metadata: { ...claim.metadata, ownerReferences: owners } };
    const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
    return [
      ...(isForeign ? [tell(set, "Warning", "ConflictingController", message)] : []),
      { do: "update", resource: CLAIMS, object },
    ];
  });
}

/** What matters of owners: who, and whether it is the controller. */
const byUid = (owners: readonly OwnerReference[]) =>
  owners.map(({ uid, controller }) => `${uid} ${!!controller}`).sort();

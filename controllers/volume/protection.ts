import {
  type Action,
  type ApiObject,
  defineController,
  itemsOf,
  type Key,
  keyOf,
  type Lister,
  mapping,
} from "../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import type { VolumeAttributesClass } from "../../openapi/api/storage.k8s.io.v1.ts";
import { isOwnedBy } from "../owner.ts";
import { CLAIMS, type Claim, claimKeysOf, ephemeralClaimName, isTerminated, PODS_BY_CLAIM, VOLUMES } from "./claims.ts";

const CLAIM_FINALIZER = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER = "kubernetes.io/pv-protection";
const CLASS_FINALIZER = "kubernetes.io/vac-protection";

/** An object that must not go while it is in use. */
function protect<T extends ApiObject>(resource: string, object: Readonly<T>, finalizer: string, used: () => boolean) {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const isHeld = finalizers.includes(finalizer);
  if (deletionTimestamp ? !isHeld || used() : isHeld) return [];
  const wanted = isHeld ? finalizers.filter((one) => one !== finalizer) : [...finalizers, finalizer];
  return [{ do: "update", resource, object: withFinalizers(object, wanted) } as const];
}

const withFinalizers = <T extends ApiObject>(object: Readonly<T>, finalizers: string[]): T => ({
  ...object,
  metadata: { ...object.metadata, finalizers },
});

interface ClaimListers {
  claims: Lister<PersistentVolumeClaim>;
  pods: Lister<Pod>;
}

/** Holds claims that Pods with a node use. Follows pkg/controller/volume/pvcprotection. */
export function reconcileClaim(key: Key, { claims, pods }: ClaimListers): readonly Action[] {
  const claim = claims.get(key);
  if (!claim) return [];
  const uses = (pod: Readonly<Pod>) => isUsing(pod, claim);
  const actions = protect(CLAIMS, claim, CLAIM_FINALIZER, () => pods.by(PODS_BY_CLAIM, key).some(uses));
  if (!claim.metadata.deletionTimestamp || !actions.length) return actions;
  // The cache may not have heard of a Pod that got its node a moment ago: the server has the last word.
  const object = { metadata: { name: "", namespace: claim.metadata.namespace } };
  return [
    {
      do: "batch",
      actions: [{ do: "list", resource: "v1/pods", object }],
      after: ([result]) => {
        if (!result?.ok) return [{ do: "fail", error: result?.error }];
        return itemsOf("v1/pods", result).some(uses) ? [] : actions;
      },
    },
  ];
}

/** (podUsesPVCForDeletion) */
function isUsing(pod: Readonly<Pod>, claim: Claim): boolean {
  if (!pod.spec.nodeName) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const isShutDown = !!deletionTimestamp && deletionGracePeriodSeconds === 0;
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return persistentVolumeClaim.claimName === claim.metadata.name;
    return !!ephemeral && !isShutDown && ephemeralClaimName(pod, name) === claim.metadata.name && isOwnedBy(claim, pod);
  });
}

export const claimProtectionController = defineController<ClaimListers>({
  name: "persistentvolumeclaim-protection-controller",
  watches: {
    for: CLAIMS,
    maps: [
      mapping("v1/pods", (pod, { pods }: ClaimListers, old) => {
        const isGone = !pods.get(keyOf(pod));
        const keys = isGone || isTerminated(pod) || !pod.spec.nodeName ? claimKeysOf(pod) : [];
        return old && old.metadata.uid !== pod.metadata.uid ? [...keys, ...claimKeysOf(old)] : keys;
      }),
    ],
  },
  listers: (get) => ({ claims: get(CLAIMS), pods: get("v1/pods", { [PODS_BY_CLAIM]: claimKeysOf }) }),
  reconcile: reconcileClaim,
});

interface VolumeListers {
  volumes: Lister<PersistentVolume>;
}

/** Holds volumes that are bound. Follows pkg/controller/volume/pvprotection. */
export function reconcileVolume(key: Key, { volumes }: VolumeListers): readonly Action[] {
  const volume = volumes.get(key);
  return volume ? protect(VOLUMES, volume, VOLUME_FINALIZER, () => volume.status.phase === "Bound") : [];
}

export const volumeProtectionController = defineController<VolumeListers>({
  name: "persistentvolume-protection-controller",
  watches: { for: VOLUMES },
  listers: (get) => ({ volumes: get(VOLUMES) }),
  reconcile: reconcileVolume,
});

const ATTRIBUTES_CLASSES = "storage.k8s.io/v1/volumeattributesclasses";
const BY_ATTRIBUTES_CLASS = "volumeAttributesClass";

interface AttributesListers {
  attributesClasses: Lister<VolumeAttributesClass>;
  claims: Lister<PersistentVolumeClaim>;
  volumes: Lister<PersistentVolume>;
}

const named = (...names: (string | undefined)[]): string[] => names.filter((name): name is string => !!name);
const classesOfVolume = ({ spec }: Readonly<PersistentVolume>) => named(spec.volumeAttributesClassName);
const classesOfClaim = ({ spec, status }: Claim) =>
  named(
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  );

/** Holds classes that claims or volumes name. Follows pkg/controller/volume/vacprotection. */
export function reconcileAttributesClass(key: Key, listers: AttributesListers): readonly Action[] {
  const { attributesClasses, claims, volumes } = listers;
  const found = attributesClasses.get(key);
  const isUsed = () => volumes.by(BY_ATTRIBUTES_CLASS, key).length + claims.by(BY_ATTRIBUTES_CLASS, key).length > 0;
  return found ? protect(ATTRIBUTES_CLASSES, found, CLASS_FINALIZER, isUsed) : [];
}

export const volumeAttributesClassProtectionController = defineController<AttributesListers>({
  name: "volumeattributesclass-protection-controller",
  watches: {
    for: ATTRIBUTES_CLASSES,
    maps: [
      mapping(CLAIMS, (claim, _listers, old) => classesOfClaim(old ?? claim)),
      mapping(VOLUMES, (volume, _listers, old) => classesOfVolume(old ?? volume)),
    ],
  },
  listers: (get) => ({
    attributesClasses: get(ATTRIBUTES_CLASSES),
    claims: get(CLAIMS, { [BY_ATTRIBUTES_CLASS]: classesOfClaim }),
    volumes: get(VOLUMES, { [BY_ATTRIBUTES_CLASS]: classesOfVolume }),
  }),
  reconcile: reconcileAttributesClass,
});

import { type ApiObject, keyOf, type Lister } from "../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../openapi/api/storage.k8s.io.v1.ts";

export const CLAIMS = "v1/persistentvolumeclaims";
export const VOLUMES = "v1/persistentvolumes";
export const CLASSES = "storage.k8s.io/v1/storageclasses";

export type Claim = Readonly<PersistentVolumeClaim>;
export type Volume = Readonly<PersistentVolume>;

/** Annotations of claims and volumes. (component-helpers/storage/volume) */
export const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
export const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
export const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
export const MIGRATED_TO = "pv.kubernetes.io/migrated-to";
export const PROVISIONER = "volume.kubernetes.io/storage-provisioner";
export const BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
/** The scheduler's word to a provisioner: make the volume for this node. */
export const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_CLASS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** A claim's or volume's class; "" for none. */
export function classOf({ metadata, spec }: Claim | Volume): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? "";
}

/** Whether a claim has said which class it wants, be it none. */
export function hasClass({ metadata, spec }: Claim): boolean {
  return metadata.annotations?.[BETA_CLASS] !== undefined || spec.storageClassName !== undefined;
}

/** Whether its volume is chosen only once a Pod that uses the claim has a node. */
export function isDelayed(claim: Claim, classes: Lister<StorageClass>): boolean {
  return classes.get(classOf(claim))?.volumeBindingMode === "WaitForFirstConsumer";
}

/** The youngest class that is marked as default, by name among equals. (pkg/volume/util.GetDefaultClass) */
export function defaultClass(classes: Lister<StorageClass>): Readonly<StorageClass> | undefined {
  const rank = ({ metadata }: Readonly<StorageClass>) => metadata.creationTimestamp ?? "";
  return classes
    .list()
    .filter(({ metadata }) => DEFAULT_CLASS.some((name) => metadata.annotations?.[name] === "true"))
    .sort((a, b) => (rank(a) === rank(b) ? order(a.metadata.name, b.metadata.name) : order(rank(b), rank(a))))[0];
}

const order = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a volume refers to this claim, by name when it was written by hand. */
export function isBoundTo({ spec: { claimRef } }: Volume, { metadata }: Claim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

/** The same object with annotations set, or taken away where the value is undefined. */
export function annotated<T extends ApiObject>(object: Readonly<T>, changes: Record<string, string | undefined>): T {
  const all = Object.entries({ ...object.metadata.annotations, ...changes });
  const annotations = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
  const { annotations: _, ...metadata } = object.metadata;
  return { ...object, metadata: Object.keys(annotations).length ? { ...metadata, annotations } : metadata };
}

export const hasAnnotation = ({ metadata }: ApiObject, name: string): boolean =>
  metadata.annotations?.[name] !== undefined;

/** Name of the claim that a Pod's ephemeral volume is made with. (component-helpers/storage/ephemeral) */
export const ephemeralClaimName = ({ metadata }: Readonly<Pod>, volume: string): string => `${metadata.name}-${volume}`;

/** Index of Pods by the keys of the claims they use. (pkg/controller/volume/common) */
export const PODS_BY_CLAIM = "claim";

export function claimKeysOf(pod: Readonly<Pod>): string[] {
  const names = (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [ephemeralClaimName(pod, name)] : [],
  );
  return names.map((name) => `${pod.metadata.namespace}/${name}`);
}

/** All its containers have stopped for good. (pkg/volume/util.IsPodTerminated) */
export function isTerminated({ status, metadata }: Readonly<Pod>): boolean {
  if (status.phase === "Failed" || status.phase === "Succeeded") return true;
  if (!metadata.deletionTimestamp) return false;
  const all = [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses].flatMap(
    (statuses) => statuses ?? [],
  );
  return all.every(({ state }) => state?.terminated || state?.waiting);
}

/** Names of the Pods that use a claim and have not ended. */
export function usersOf(claim: Claim, pods: Lister<Pod>): readonly Readonly<Pod>[] {
  return pods.by(PODS_BY_CLAIM, keyOf(claim)).filter((pod) => !isTerminated(pod));
}

import {
  type Action,
  andThen,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  quantity,
  referenceTo,
} from "../../client/index.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../openapi/api/storage.k8s.io.v1.ts";
import {
  CLAIMS,
  CLASSES,
  type Claim,
  classOf,
  isDelayed,
  PROVISIONED_BY,
  PROVISIONER,
  SELECTED_NODE,
  VOLUMES,
  type Volume,
} from "./claims.ts";

/** What a StorageClass names to have its volumes from here. */
export const SIMULATED_PROVISIONER = "inkube.dev/simulated";
/** Where on a node's simulated disk volumes are. */
const ROOT = "/var/lib/inkube/volumes";

interface Listers {
  claims: Lister<PersistentVolumeClaim>;
  volumes: Lister<PersistentVolume>;
  classes: Lister<StorageClass>;
}

const CLAIM = "claim:";
const VOLUME = "volume:";

/**
 * Makes volumes out of nothing, on the disk of a simulated node, and takes them away again. It only sees the API, as
 * any provisioner outside of Kubernetes. Events as sig-storage-lib-external-provisioner and external-resizer have them.
 */
export function reconcile(key: Key, listers: Listers): readonly Action[] {
  if (key.startsWith(VOLUME)) {
    const volume = listers.volumes.get(key.slice(VOLUME.length));
    return volume ? remove(volume) : [];
  }
  const claim = listers.claims.get(key.slice(CLAIM.length));
  if (!claim || claim.metadata.annotations?.[PROVISIONER] !== SIMULATED_PROVISIONER) return [];
  return claim.spec.volumeName ? expand(claim, listers) : provision(claim, listers);
}

const told = (about: Claim, reason: string, message: string): Action => ({
  do: "event",
  about,
  type: "Normal",
  reason,
  message,
});

function provision(claim: Claim, { volumes, classes }: Listers): readonly Action[] {
  const storageClass = classes.get(classOf(claim));
  const { uid, namespace, name: claimName } = claim.metadata;
  const name = `pvc-${uid}`;
  const node = claim.metadata.annotations?.[SELECTED_NODE];
  if (storageClass?.provisioner !== SIMULATED_PROVISIONER || claim.metadata.deletionTimestamp) return [];
  if (volumes.get(name) || (isDelayed(claim, classes) && !node)) return [];
  const onNode = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] };
  const object = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { [PROVISIONED_BY]: SIMULATED_PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? "0" },
      accessModes: claim.spec.accessModes,
      claimRef: referenceTo(claim),
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: classOf(claim),
      volumeMode: claim.spec.volumeMode ?? "Filesystem",
      ...(storageClass.mountOptions && { mountOptions: storageClass.mountOptions }),
      ...(claim.spec.volumeAttributesClassName && {
        volumeAttributesClassName: claim.spec.volumeAttributesClassName,
      }),
      hostPath: { path: `${ROOT}/${name}`, type: "DirectoryOrCreate" },
      ...(node && { nodeAffinity: { required: { nodeSelectorTerms: [onNode] } } }),
    },
    status: {},
  };
  const doing = `External provisioner is provisioning volume for claim "${namespace}/${claimName}"`;
  return [
    told(claim, "Provisioning", doing),
    andThen({ do: "create", resource: VOLUMES, object }, () => [
      told(claim, "ProvisioningSucceeded", `Successfully provisioned volume ${name}`),
    ]),
  ];
}

/** A simulated disk has room for everything; whether a class allows it has been checked on admission. */
function expand(claim: Claim, { volumes }: Listers): readonly Action[] {
  const volume = volumes.get(claim.spec.volumeName ?? "");
  const wanted = claim.spec.resources?.requests?.storage ?? "0";
  if (claim.status.phase !== "Bound" || volume?.metadata.annotations?.[PROVISIONED_BY] !== SIMULATED_PROVISIONER)
    return [];
  if (quantity(claim.status.capacity?.storage ?? "0") >= quantity(wanted)) return [];
  const larger: PersistentVolume = {
    ...volume,
    spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: wanted } },
  };
  const status = { ...claim.status, capacity: { ...claim.status.capacity, storage: wanted } };
  const object: PersistentVolumeClaim = { ...claim, status };
  return [
    told(claim, "Resizing", `External resizer is resizing volume ${volume.metadata.name}`),
    ...(quantity(volume.spec.capacity?.storage ?? "0") < quantity(wanted)
      ? [{ do: "update", resource: VOLUMES, object: larger } as const]
      : []),
    andThen({ do: "updateStatus", resource: CLAIMS, object }, () => [
      told(claim, "VolumeResizeSuccessful", "Resize volume succeeded"),
    ]),
  ];
}

function remove(volume: Volume): readonly Action[] {
  const { metadata, spec, status } = volume;
  const isOurs = metadata.annotations?.[PROVISIONED_BY] === SIMULATED_PROVISIONER;
  const isOver = status.phase === "Released" && spec.persistentVolumeReclaimPolicy === "Delete";
  return isOurs && isOver && !metadata.deletionTimestamp ? [{ do: "delete", resource: VOLUMES, object: volume }] : [];
}

export const simulatedProvisionerController = defineController<Listers>({
  name: "simulated-provisioner",
  eventSource: SIMULATED_PROVISIONER,
  watches: {
    maps: [
      mapping(CLAIMS, (claim) => [CLAIM + keyOf(claim)]),
      mapping(VOLUMES, (volume) => [VOLUME + keyOf(volume)]),
      mapping(CLASSES, ({ metadata: { name } }, { claims }: Listers) =>
        claims
          .list()
          .filter((claim) => !claim.spec.volumeName && classOf(claim) === name)
          .map((claim) => CLAIM + keyOf(claim)),
      ),
    ],
  },
  listers: (get) => ({ claims: get(CLAIMS), volumes: get(VOLUMES), classes: get(CLASSES) }),
  reconcile,
});

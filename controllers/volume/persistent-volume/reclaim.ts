import { type Action, type ApiObject, andThen, type Lister, quantity } from "../../../client/index.ts";
import type { PersistentVolume, Pod } from "../../../openapi/api/core.v1.ts";
import {
  hasAnnotation,
  isTerminated,
  MIGRATED_TO,
  PODS_BY_CLAIM,
  PROVISIONED_BY,
  VOLUMES,
  type Volume,
} from "../claims.ts";
import { unbind } from "./bind.ts";
import { deleterOf, isRecyclable } from "./plugins.ts";
import { setVolumePhase } from "./status.ts";

/** What an in-tree plugin holds a volume with until its storage is gone. */
export const IN_TREE_FINALIZER = "kubernetes.io/pv-controller";

const fail = (volume: Volume, reason: string, message: string): readonly Action[] =>
  volume.status.phase === "Failed"
    ? []
    : setVolumePhase(volume, "Failed", undefined, { type: "Warning", reason, message });

/** Does with a released volume what its policy says. (reclaimVolume) */
export function reclaim(volume: Volume, isClaimGone: boolean, pods: Lister<Pod>): readonly Action[] {
  if (hasAnnotation(volume, MIGRATED_TO)) return [];
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case "Retain":
      return [];
    case "Recycle":
      return recycle(volume, isClaimGone, pods);
    case "Delete":
      return remove(volume);
    default:
      return fail(volume, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy");
  }
}

/**
 * Deletes the volume. Its files stay: this controller may run on somebody's own machine, and what simulated Pods wrote
 * was never there. (deleteVolumeOperation)
 */
function remove(volume: Volume): readonly Action[] {
  const deleter = deleterOf(volume, volume.metadata.annotations?.[PROVISIONED_BY]);
  if (deleter === "outside") return [];
  if (typeof deleter === "object") return fail(volume, "VolumeFailedDelete", deleter.problem);
  const path = volume.spec.hostPath?.path ?? "";
  if (!/\/tmp\/./.test(path)) {
    return fail(volume, "VolumeFailedDelete", `host_path deleter only supports /tmp/.+ but received provided ${path}`);
  }
  const { finalizers = [] } = volume.metadata;
  const gone: Action = { do: "delete", resource: VOLUMES, object: volume };
  if (!finalizers.includes(IN_TREE_FINALIZER)) return [gone];
  const metadata = { ...volume.metadata, finalizers: finalizers.filter((one) => one !== IN_TREE_FINALIZER) };
  const object: PersistentVolume = { ...volume, metadata };
  return [{ do: "update", resource: VOLUMES, object }, gone];
}

/** Seconds that a recycler may take, by plugin: at least, and more for each GiB. (component defaults of the plugins) */
const RECYCLE_SECONDS = { hostPath: { least: 60, perGiB: 30 }, nfs: { least: 300, perGiB: 30 } };
const GIB = 2 ** 30;

const recyclerName = ({ metadata }: Volume): string => `recycler-for-${metadata.name}`;
export const RECYCLER_PREFIX = "recycler-for-";
export const RECYCLER_NAMESPACE = "default";

/** Empties a volume by a Pod, then makes it available again. (recycleVolumeOperation) */
function recycle(volume: Volume, isClaimGone: boolean, pods: Lister<Pod>): readonly Action[] {
  const { claimRef } = volume.spec;
  const users = pods
    .by(PODS_BY_CLAIM, `${claimRef?.namespace}/${claimRef?.name}`)
    .filter((pod) => !isTerminated(pod))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .sort();
  if (users.length && isClaimGone) {
    const message = `Volume is used by pods: ${users.join(",")}`;
    return [{ do: "event", about: volume, type: "Normal", reason: "VolumeFailedRecycle", message }];
  }
  if (!isRecyclable(volume)) return fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
  const pod = pods.get(`${RECYCLER_NAMESPACE}/${recyclerName(volume)}`);
  if (!pod)
    return volume.status.phase === "Failed" ? [] : [{ do: "create", resource: "v1/pods", object: recycler(volume) }];
  if (pod.metadata.deletionTimestamp) return [];
  const { phase, message } = pod.status;
  if (phase !== "Succeeded" && phase !== "Failed") return [];
  const problem = message || "pod failed, pod.Status.Message unknown";
  return [
    andThen({ do: "delete", resource: "v1/pods", object: pod }, () =>
      phase === "Failed"
        ? fail(volume, "VolumeFailedRecycle", `Recycle failed: failed to recycle volume: ${problem}`)
        : [
            { do: "event", about: volume, type: "Normal", reason: "VolumeRecycled", message: "Volume recycled" },
            ...unbind(volume),
          ],
    ),
  ];
}

/** (volume.NewPersistentVolumeRecyclerPodTemplate, util.CalculateTimeoutForVolume) */
function recycler(volume: Volume): ApiObject {
  const { hostPath, nfs, capacity } = volume.spec;
  const { least, perGiB } = hostPath ? RECYCLE_SECONDS.hostPath : RECYCLE_SECONDS.nfs;
  const gibibytes = Math.floor(quantity(capacity?.storage ?? "0") / GIB);
  const source = hostPath ? { hostPath: { path: hostPath.path } } : { nfs: { server: nfs?.server, path: nfs?.path } };
  const script = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: recyclerName(volume), namespace: RECYCLER_NAMESPACE },
    spec: {
      activeDeadlineSeconds: Math.max(least, gibibytes * perGiB),
      restartPolicy: "Never",
      volumes: [{ name: "vol", ...source }],
      containers: [
        {
          name: "pv-recycler",
          image: "registry.k8s.io/build-image/debian-base:bookworm-v1.0.6",
          command: ["/bin/sh"],
          args: ["-c", script],
          volumeMounts: [{ name: "vol", mountPath: "/scrub" }],
        },
      ],
    },
  };
  return pod;
}

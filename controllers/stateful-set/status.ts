import type { Action } from "../../client/index.ts";
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from "../../openapi/api/apps.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { sameStatus } from "../equality.ts";
import { isAvailable, isReady } from "../pods.ts";
import { REVISION_LABEL, SETS } from "./pods.ts";

/** Writes what the set's Pods are like, when it has changed. (updateStatefulSetStatus) */
export function statusActions(
  set: Readonly<StatefulSet>,
  owned: readonly Readonly<Pod>[],
  current: Readonly<ControllerRevision>,
  update: Readonly<ControllerRevision>,
  now: Date,
): Action[] {
  const live = owned.filter(({ metadata }) => !metadata.deletionTimestamp);
  const of = ({ metadata }: Readonly<ControllerRevision>) =>
    live.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === metadata.name).length;
  const ready = owned.filter((pod) => pod.status.phase === "Running" && isReady(pod));
  const status: StatefulSetStatus = {
    ...set.status,
    observedGeneration: set.metadata.generation,
    replicas: owned.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    currentReplicas: of(current),
    updatedReplicas: of(update),
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: set.status.collisionCount ?? 0,
  };
  // The update is through: what was new is now what is current. (completeRollingUpdate)
  const isRolling = set.spec.updateStrategy.type === "RollingUpdate";
  if (isRolling && status.updatedReplicas === status.replicas && status.readyReplicas === status.replicas) {
    status.currentReplicas = status.updatedReplicas;
    status.currentRevision = status.updateRevision;
  }
  const isSame = set.status.collisionCount !== undefined && sameStatus(set.status, status);
  return isSame ? [] : [{ do: "updateStatus", resource: SETS, object: { ...set, status } as StatefulSet }];
}

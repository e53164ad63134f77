import {
  type Action,
  controllerOf,
  defineController,
  isAlreadyExists,
  isConflict,
  isEmptySelector,
  type Key,
  type Lister,
  mapping,
  matchesSelector,
  type ReconcileContext,
  type WriteAction,
} from "../../client/index.ts";
import type { ControllerRevision, StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import { currentRevision, RESOURCE as REVISIONS, staleRevisions, templateOf } from "../history.ts";
import { scaledValue } from "../int-or-percent.ts";
import { claim, keysOfWanting } from "../owner.ts";
import { messageOf, tell } from "../pod-control.ts";
import { availableInMs, isAvailable, isFinished } from "../pods.ts";
import { hasStaleClaim, makeClaims } from "./claims.ts";
import { hasIdentity, ordinalOf, REVISION_LABEL, SETS, startOf, statefulPod, withIdentity } from "./pods.ts";
import { alignOwners } from "./retention.ts";
import { statusActions } from "./status.ts";

const HASH_LABEL = "controller.kubernetes.io/hash";

interface Listers {
  sets: Lister<StatefulSet>;
  pods: Lister<Pod>;
  claims: Lister<PersistentVolumeClaim>;
  revisions: Lister<ControllerRevision>;
}

type View = Readonly<StatefulSet>;
type AnyPod = Readonly<Pod>;
/** A place in the row of ordinals, with its Pod when there is one. */
interface Slot {
  ordinal: number;
  pod: AnyPod | undefined;
}

/** Pods with an identity, one after the other. Follows pkg/controller/statefulset. */
export function reconcile(key: Key, listers: Listers, { now }: Pick<ReconcileContext, "now">): Action[] {
  const { sets, pods, revisions } = listers;
  const set = sets.get(key);
  if (!set || isEmptySelector(set.spec.selector)) return [];
  const matches = ({ metadata }: { metadata: { labels?: Record<string, string> } }) =>
    matchesSelector(set.spec.selector, metadata.labels);
  const history = claim(set, REVISIONS, revisions.claimableBy(set), matches);
  // On its way out a set whose history has been let go can neither take it in again nor tell what its Pods are of.
  const isLetGo = revisions.claimableBy(set).some((revision) => !controllerOf(revision) && matches(revision));
  if (set.metadata.deletionTimestamp && isLetGo) return [];
  const update = currentRevision(set, history.owned, HASH_LABEL);
  if (update.actions) return [...history.actions, ...update.actions];
  const updateRevision = update.revision;
  const current = history.owned.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? updateRevision;
  const { owned, actions } = claim(
    set,
    "v1/pods",
    pods.claimableBy(set),
    (pod) => matches(pod) && ordinalOf(set, pod) !== undefined,
  );

  const replicas = set.spec.replicas ?? 1;
  const start = startOf(set);
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const slots = Array.from(
    { length: replicas },
    (_, i): Slot => ({ ordinal: start + i, pod: byOrdinal.get(start + i) }),
  );
  const isMember = (ordinal: number) => ordinal >= start && ordinal < start + replicas;
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => !isMember(ordinal))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);

  const status = statusActions(set, owned, current, updateRevision, now);
  const inUse = new Set([current, updateRevision].map(({ metadata }) => metadata.name ?? ""));
  for (const pod of owned) inUse.add(pod.metadata.labels?.[REVISION_LABEL] ?? "");
  const limit = set.spec.revisionHistoryLimit;
  const waits = owned.map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now) || Number.POSITIVE_INFINITY);
  const soonest = Math.min(...waits);
  const steps = set.metadata.deletionTimestamp
    ? []
    : stepsOf({ set, slots, condemned, current, update: updateRevision, claims: listers.claims, now });
  return [
    ...history.actions,
    ...actions,
    ...status,
    ...steps,
    ...(limit === undefined ? [] : staleRevisions(history.owned, inUse, limit)),
    ...(Number.isFinite(soonest) ? [{ do: "requeue", afterMs: soonest + 1 } as const] : []),
  ];
}

interface Situation {
  set: View;
  slots: readonly Slot[];
  condemned: readonly AnyPod[];
  current: Readonly<ControllerRevision>;
  update: Readonly<ControllerRevision>;
  claims: Lister<PersistentVolumeClaim>;
  now: Date;
}

/** Brings the row in order, then shortens it, then updates it; in order when the set wants order. */
function stepsOf(situation: Situation): Action[] {
  const { set, slots, condemned, now } = situation;
  const inOrder = set.spec.podManagementPolicy !== "Parallel";
  const isUp = (pod: AnyPod) => pod.status.phase === "Running" && isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const isDown = (pod: AnyPod | undefined) => !pod || !!pod.metadata.deletionTimestamp || !isUp(pod);
  const actions: Action[] = [];
  /** @returns true when everything after it has to wait. */
  const stop = (more: Action[]) => {
    actions.push(...more);
    return inOrder;
  };
  for (const slot of slots) {
    const { pod, ordinal } = slot;
    if (!pod) {
      if (stop(makePod(situation, ordinal))) return actions;
    } else if (isFinished(pod)) {
      if (stop(pod.metadata.deletionTimestamp ? [] : removePod(set, pod))) return actions;
    } else {
      const owners = alignOwners(set, pod, ordinal, situation.claims);
      if (pod.status.phase === "Pending")
        actions.push(...makeClaims(set, pod.metadata.name ?? "", ordinal, situation.claims, () => []), ...owners);
      if (isDown(pod) && inOrder) return actions;
      if (pod.status.phase !== "Pending" && owners.length) actions.push(...owners, ...updatePod(set, pod, ordinal));
      else if (!hasIdentity(set, pod, ordinal)) actions.push(...updatePod(set, pod, ordinal));
    }
  }
  for (const pod of condemned) actions.push(...alignOwners(set, pod, ordinalOf(set, pod) ?? 0, situation.claims));
  // The first Pod that is not up may go although it is not up: else a broken one could never be scaled away.
  const broken = [...slots.map(({ pod }) => pod), ...[...condemned].reverse()].find((pod) => isDown(pod));
  for (const pod of condemned) {
    if (pod.metadata.deletionTimestamp) {
      if (stop([])) return actions;
      continue;
    }
    if (inOrder && isDown(pod) && pod !== broken) return actions;
    if (stop(removePod(set, pod))) return actions;
  }
  if (set.spec.updateStrategy.type === "OnDelete") return actions;
  return [...actions, ...updateStep(situation, isDown)];
}

/**
 * From the last ordinal down to the partition, one after the other. A Pod of the old template goes even when it, or one
 * of a lower ordinal, is broken: it may be what the update mends.
 */
function updateStep(situation: Situation, isDown: (pod: AnyPod | undefined) => boolean): Action[] {
  const { set, slots } = situation;
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy.rollingUpdate ?? {};
  const targets = [...slots.slice(partition)].reverse();
  // Servers keep this field only with MaxUnavailableStatefulSet, which is off by default.
  if (maxUnavailable !== undefined) return updateSeveral(situation, targets, isDown, maxUnavailable);
  for (const { pod } of targets) {
    if (pod && isOutdated(situation, pod)) return removePod(set, pod);
    if (isDown(pod)) return [];
  }
  return [];
}

/** As many at once as may be unavailable. (updateStatefulSetAfterInvariantEstablished) */
function updateSeveral(
  situation: Situation,
  targets: readonly Slot[],
  isDown: (pod: AnyPod | undefined) => boolean,
  maxUnavailable: number | string,
): Action[] {
  const { set, slots } = situation;
  const most = Math.max(1, scaledValue(maxUnavailable, slots.length, false));
  const room = Math.max(0, most - slots.filter(({ pod }) => isDown(pod)).length);
  return targets
    .flatMap(({ pod }) => (pod && isOutdated(situation, pod) ? [pod] : []))
    .slice(0, room)
    .flatMap((pod) => removePod(set, pod));
}

function isOutdated({ update }: Situation, { metadata }: AnyPod): boolean {
  return metadata.labels?.[REVISION_LABEL] !== update.metadata.name && !metadata.deletionTimestamp;
}

function makePod(situation: Situation, ordinal: number): Action[] {
  const { set, current, update } = situation;
  const rolling = set.spec.updateStrategy.rollingUpdate;
  const border = rolling ? (rolling.partition ?? 0) : (set.status.currentReplicas ?? 0);
  const isCurrent = set.spec.updateStrategy.type === "RollingUpdate" && ordinal < startOf(set) + border;
  const revision = isCurrent ? current : update;
  const pod = statefulPod(set, templateOf(revision) ?? set.spec.template, revision.metadata.name ?? "", ordinal);
  if (hasStaleClaim(set, pod, ordinal, situation.claims)) return [];
  const subject = `Create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return [
    ...makeClaims(set, pod.metadata.name ?? "", ordinal, situation.claims, (problem) => [
      tell(set, "Warning", "FailedCreate", `${subject} failed error: ${problem}`),
    ]),
    ...told(set, "Create", pod, { do: "create", resource: "v1/pods", object: pod }),
  ];
}

/** What was written meanwhile is looked at again before an event tells of it: where only claims changed, all is done. */
function updatePod(set: View, pod: AnyPod, ordinal: number): Action[] {
  const action: WriteAction = { do: "update", resource: "v1/pods", object: withIdentity(set, pod, ordinal) };
  return told(set, "Update", pod, action, hasIdentity(set, pod, ordinal));
}

function removePod(set: View, pod: AnyPod): Action[] {
  return told(set, "Delete", pod, { do: "delete", resource: "v1/pods", object: pod });
}

function told(
  set: View,
  verb: "Create" | "Update" | "Delete",
  pod: AnyPod,
  action: WriteAction,
  isDoneAnyway = false,
): Action[] {
  const subject = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  const success = tell(set, "Normal", `Successful${verb}`, `${subject} successful`);
  return [
    {
      do: "batch",
      actions: [action],
      after: ([result]) => {
        if (!result || result.ok) return [success];
        const { error } = result;
        const isRetried = isAlreadyExists(error) || (verb === "Update" && isConflict(error));
        if (isRetried) return isDoneAnyway ? [success] : [{ do: "fail", error }];
        const failure = tell(set, "Warning", `Failed${verb}`, `${subject} failed error: ${messageOf(error)}`);
        return [failure, { do: "fail", error }];
      },
    },
  ];
}

export const statefulSetController = defineController<Listers>({
  name: "statefulset-controller",
  watches: {
    for: SETS,
    owns: ["v1/pods", REVISIONS],
    maps: [mapping("v1/pods", (pod, { sets }: Listers) => keysOfWanting(pod, sets))],
  },
  listers: (get) => ({
    sets: get(SETS),
    pods: get("v1/pods"),
    claims: get("v1/persistentvolumeclaims"),
    revisions: get(REVISIONS),
  }),
  reconcile,
});

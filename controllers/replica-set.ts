import {
  type Action,
  type ApiObject,
  controllerOf,
  defineController,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesLabels,
  matchesSelector,
  type ReconcileContext,
  timestamp,
} from "../client/index.ts";
import type { ReplicaSet, ReplicaSetStatus } from "../openapi/api/apps.v1.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";
import { findCondition, withCondition, withoutCondition } from "./conditions.ts";
import { sameStatus } from "./equality.ts";
import { claim } from "./owner.ts";
import { createPods, deletePods, messageOf } from "./pod-control.ts";
import { availableInMs, byDeletionPreference, isActive, isReady, isTerminating, podFromTemplate } from "./pods.ts";

/** Pods made or deleted in one round. (BurstReplicas) */
const BURST = 500;

/** What a ReplicaSet and a ReplicationController have in common; the latter's selector is a map of labels. */
type AnySet = Readonly<
  Omit<ReplicaSet, "spec"> & { spec: Omit<ReplicaSet["spec"], "selector"> & { selector?: unknown } }
>;

/** What it looks at. */
export interface ReplicaSetListers {
  sets: Lister<AnySet>;
  pods: Lister<Pod>;
}

/** The two kinds that this file controls. */
export interface Flavour {
  name: string;
  resource: "apps/v1/replicasets" | "v1/replicationcontrollers";
  eventSource: string;
  selector(set: AnySet): LabelSelector | undefined;
}

/** Says what should change, changes nothing. Follows pkg/controller/replicaset. */
export function reconcile(
  key: Key,
  { sets, pods }: ReplicaSetListers,
  { now }: Pick<ReconcileContext, "now">,
  { resource, selector }: Flavour,
): Action[] {
  const set = sets.get(key);
  if (!set) return [];
  const { owned, actions } = claim(set, "v1/pods", pods.claimableBy(set), (pod) =>
    matchesSelector(selector(set), pod.metadata.labels),
  );
  const active = owned.filter(isActive);
  const terminating = owned.filter(isTerminating).length;
  const status = (error?: unknown) => statusActions(set, active, terminating, resource, now, error);
  const soonest = Math.min(
    ...active.map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now) || Number.POSITIVE_INFINITY),
  );
  const recheck: Action[] = Number.isFinite(soonest) ? [{ do: "requeue", afterMs: soonest + 1 }] : [];
  const surplus = active.length - (set.spec.replicas ?? 1);
  // While it is being deleted only its status is kept true: new Pods would race the garbage collector.
  if (!surplus || set.metadata.deletionTimestamp) return [...actions, ...status(), ...recheck];
  const pod = podFromTemplate(set.spec.template ?? { metadata: {}, spec: {} }, set);
  if (surplus < 0)
    return [
      ...actions,
      ...createPods(
        set,
        Array.from({ length: Math.min(-surplus, BURST) }, () => pod),
        status,
      ),
      ...recheck,
    ];
  const doomed = byDeletionPreference(active, relatedPods(set, sets, pods), now).slice(0, Math.min(surplus, BURST));
  return [...actions, ...deletePods(set, doomed, status), ...recheck];
}

function statusActions(
  set: AnySet,
  active: readonly Readonly<Pod>[],
  terminatingReplicas: number,
  resource: Flavour["resource"],
  now: Date,
  error: unknown,
): Action[] {
  const templateLabels = set.spec.template?.metadata?.labels ?? {};
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  let { conditions } = set.status;
  const failed = findCondition(conditions, "ReplicaFailure");
  if (error && !failed) {
    conditions = withCondition(conditions, {
      type: "ReplicaFailure",
      status: "True",
      lastTransitionTime: timestamp(now),
      reason: active.length < (set.spec.replicas ?? 1) ? "FailedCreate" : "FailedDelete",
      message: messageOf(error),
    });
  } else if (!error && failed) conditions = withoutCondition(conditions, "ReplicaFailure");
  const status: ReplicaSetStatus = {
    ...set.status,
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => availableInMs(pod, minReadySeconds, now) === 0).length,
    // ReplicationControllers have no such field.
    ...(resource === "apps/v1/replicasets" && { terminatingReplicas }),
    observedGeneration: set.metadata.generation,
    ...(conditions?.length ? { conditions } : { conditions: undefined }),
  };
  const known = set.status.terminatingReplicas !== undefined || status.terminatingReplicas === undefined;
  if (known && sameStatus(set.status, status)) return [];
  return [{ do: "updateStatus", resource, object: { ...set, status } as ApiObject }];
}

/** Pods of all sets with the same owner: Pods doubled up with those on one node go first. */
function relatedPods(set: AnySet, sets: Lister<AnySet>, pods: Lister<Pod>): readonly Readonly<Pod>[] {
  const owner = controllerOf(set)?.uid;
  const family = owner ? sets.ownedBy(owner) : [set];
  return family.flatMap(({ metadata }) => pods.ownedBy(metadata.uid ?? ""));
}

/** Makes the controller of one of the two kinds. */
export function replicaSetLike(flavour: Flavour) {
  return defineController<ReplicaSetListers>({
    name: flavour.name,
    eventSource: flavour.eventSource,
    watches: {
      for: flavour.resource,
      owns: ["v1/pods"],
      maps: [
        mapping("v1/pods", (pod, { sets }) =>
          controllerOf(pod)
            ? []
            : sets
                .byNamespace(pod.metadata.namespace ?? "")
                .filter((set) => matchesSelector(flavour.selector(set), pod.metadata.labels))
                .map(keyOf),
        ),
      ],
    },
    // A ReplicationController's selector is read by its flavour only; all else is alike.
    listers: (get) => ({ sets: get(flavour.resource) as unknown as Lister<AnySet>, pods: get("v1/pods") }),
    reconcile: (key, listers, context) => reconcile(key, listers, context, flavour),
  });
}

export const replicaSet: Flavour = {
  name: "replicaset-controller",
  resource: "apps/v1/replicasets",
  eventSource: "replicaset-controller",
  selector: ({ spec }) => spec.selector as LabelSelector | undefined,
};

export const replicationController: Flavour = {
  name: "replicationcontroller-controller",
  resource: "v1/replicationcontrollers",
  eventSource: "replication-controller",
  // An empty map selects nothing.
  selector: ({ spec }) =>
    spec.selector && Object.keys(spec.selector).length
      ? { matchLabels: spec.selector as Record<string, string> }
      : undefined,
};

export const replicaSetController = replicaSetLike(replicaSet);
export const replicationControllerController = replicaSetLike(replicationController);

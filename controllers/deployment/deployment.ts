import {
  type Action,
  controllerOf,
  defineController,
  isAlreadyExists,
  isEmptySelector,
  isNamespaceTerminating,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
  type ReconcileContext,
} from "../../client/index.ts";
import type { Deployment, ReplicaSet } from "../../openapi/api/apps.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { findCondition, withCondition } from "../conditions.ts";
import { deepEqual } from "../equality.ts";
import { hashOf } from "../hash.ts";
import { claim, controllerRef, keysOfWanting } from "../owner.ts";
import { isFinished } from "../pods.ts";
import { maxRevision, newSetAnnotations, REVISION, replicasAnnotations } from "./revision.ts";
import {
  byAge,
  cleanUp,
  fenceposts,
  isRolling,
  isScalingEvent,
  newSetReplicas,
  type OwnedSet,
  replicasOf,
  scaleDownOld,
  scaleProportionally,
  scaleSet,
  wanted,
} from "./rollout.ts";
import { condition, hasDeadline, isComplete, rolloutStatusOf, statusActions, statusOf } from "./status.ts";

const HASH_LABEL = "pod-template-hash";
const RESOURCE = "apps/v1/deployments";

interface Listers {
  deployments: Lister<Deployment>;
  replicaSets: Lister<ReplicaSet>;
  pods: Lister<Pod>;
}

/**
 * One step of a rollout: each round ends with its first write, and the next begins when the caches show it. Follows
 * pkg/controller/deployment.
 */
export function reconcile(
  key: Key,
  { deployments, replicaSets, pods }: Listers,
  { now }: Pick<ReconcileContext, "now">,
): Action[] {
  const deployment = deployments.get(key);
  if (!deployment) return [];
  const { spec, metadata, status } = deployment;
  if (isEmptySelector(spec.selector)) {
    const message = "This deployment is selecting all pods. A non-empty selector is required.";
    return [{ do: "event", about: deployment, type: "Warning", reason: "SelectingAll", message }];
  }
  const { owned, actions } = claim(deployment, "apps/v1/replicasets", replicaSets.claimableBy(deployment), (set) =>
    matchesSelector(spec.selector, set.metadata.labels),
  );
  if (actions.length) return actions;
  const sets = byAge(owned);
  const newSet = sets.find((set) => deepEqual(templateOf(set), templateOf(deployment)));
  const old = sets.filter((set) => set !== newSet);
  const plainStatus = () => statusActions(deployment, statusOf(deployment, newSet, old, now), now);

  if (!metadata.deletionTimestamp) {
    const paused = pausedCondition(deployment, now);
    if (paused) return paused;
  }
  if (newSet) {
    const synced = syncRevision(deployment, newSet, old, now);
    if (synced.length) return synced;
  }
  if (metadata.deletionTimestamp) return plainStatus();
  if (spec.paused || isScalingEvent(deployment, sets)) {
    return [
      ...scaleProportionally(deployment, newSet, old),
      ...(spec.paused ? cleanUp(deployment, old) : []),
      ...plainStatus(),
    ];
  }
  const rolloutStatus = () => statusActions(deployment, rolloutStatusOf(deployment, newSet, old, now), now);
  const history = isComplete(deployment, status) ? cleanUp(deployment, old) : [];
  if (!isRolling(deployment)) {
    const down = old.flatMap((set) => scaleSet(deployment, set, 0));
    if (down.length || oldPodsRun(newSet, sets, old, pods)) return [...down, ...rolloutStatus()];
    if (!newSet) return createSet(deployment, old, replicaSets, now);
    return [...scaleSet(deployment, newSet, wanted(deployment)), ...history, ...rolloutStatus()];
  }
  if (!newSet) return createSet(deployment, old, replicaSets, now);
  const up = scaleSet(deployment, newSet, upTo(deployment, newSet, sets));
  if (up.length) return [...up, ...rolloutStatus()];
  const down = scaleDownOld(deployment, newSet, old);
  return [...down, ...(down.length ? [] : history), ...rolloutStatus()];
}

function upTo(deployment: Readonly<Deployment>, newSet: OwnedSet, all: readonly OwnedSet[]): number {
  const current = replicasOf(newSet);
  return current >= wanted(deployment) ? wanted(deployment) : newSetReplicas(deployment, all, current);
}

/** A template without the label that tells the sets of one Deployment apart. (EqualIgnoreHash) */
function templateOf({ spec }: Readonly<Pick<ReplicaSet | Deployment, "spec">>): unknown {
  const { metadata, ...template } = spec.template ?? { metadata: {} };
  const { [HASH_LABEL]: _hash, ...labels } = metadata?.labels ?? {};
  const { labels: _labels, ...rest } = metadata ?? {};
  return { ...template, metadata: { ...rest, ...(Object.keys(labels).length && { labels }) } };
}

function withProgressing(
  deployment: Readonly<Deployment>,
  status: string,
  reason: string,
  message: string,
  now: Date,
): Deployment {
  const conditions = withCondition(
    deployment.status.conditions,
    condition("Progressing", status, reason, message, now),
  );
  return { ...deployment, status: { ...deployment.status, conditions } };
}

/** A pause stops the deadline's clock; its end starts it anew. (checkPausedConditions) */
function pausedCondition(deployment: Readonly<Deployment>, now: Date): Action[] | undefined {
  if (!hasDeadline(deployment)) return undefined;
  const current = findCondition(deployment.status.conditions, "Progressing");
  const saysPaused = current?.reason === "DeploymentPaused";
  if (current?.reason === "ProgressDeadlineExceeded" || saysPaused === !!deployment.spec.paused) return undefined;
  const object = deployment.spec.paused
    ? withProgressing(deployment, "Unknown", "DeploymentPaused", "Deployment is paused", now)
    : withProgressing(deployment, "Unknown", "DeploymentResumed", "Deployment is resumed", now);
  return [{ do: "updateStatus", resource: RESOURCE, object }];
}

/** Brings the new set's annotations and the Deployment's revision up to date. (getNewReplicaSet, when it exists) */
function syncRevision(
  deployment: Readonly<Deployment>,
  newSet: OwnedSet,
  old: readonly OwnedSet[],
  now: Date,
): Action[] {
  const annotations = newSetAnnotations(deployment, newSet, maxRevision(old) + 1n);
  const { minReadySeconds } = deployment.spec;
  const stale = (newSet.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0);
  if (stale || !deepEqual(annotations, newSet.metadata.annotations ?? {})) {
    const object: ReplicaSet = {
      ...newSet,
      metadata: { ...newSet.metadata, annotations },
      spec: { ...newSet.spec, minReadySeconds },
    };
    return [{ do: "update", resource: "apps/v1/replicasets", object }];
  }
  const revision = annotations[REVISION] ?? "";
  let updated: Readonly<Deployment> = deployment;
  if (revision && deployment.metadata.annotations?.[REVISION] !== revision)
    updated = withRevision(deployment, revision);
  if (hasDeadline(deployment) && !findCondition(deployment.status.conditions, "Progressing")) {
    const message = `Found new replica set "${newSet.metadata.name}"`;
    updated = withProgressing(updated, "True", "FoundNewReplicaSet", message, now);
  }
  return updated === deployment ? [] : [{ do: "updateStatus", resource: RESOURCE, object: updated }];
}

function withRevision(deployment: Readonly<Deployment>, revision: string): Deployment {
  const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}

function createSet(
  deployment: Readonly<Deployment>,
  old: readonly OwnedSet[],
  known: Lister<ReplicaSet>,
  now: Date,
): Action[] {
  const { spec, metadata } = deployment;
  const hash = hashOf(spec.template, deployment.status.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
  const revision = maxRevision(old) + 1n;
  const replicas = newSetReplicas(deployment, old, 0);
  const name = `${(metadata.name ?? "").slice(0, 253 - 1 - hash.length)}-${hash}`;
  const bare: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: metadata.namespace, labels, ownerReferences: [controllerRef(deployment)] },
    spec: {
      replicas,
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
  bare.metadata.annotations = {
    ...newSetAnnotations(deployment, bare, revision),
    ...replicasAnnotations(wanted(deployment), wanted(deployment) + fenceposts(deployment).surge),
  };
  return [
    {
      do: "batch",
      actions: [{ do: "create", resource: "apps/v1/replicasets", object: bare }],
      after([result]) {
        if (result?.ok) {
          const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
          const event: Action = {
            do: "event",
            about: deployment,
            type: "Normal",
            reason: "ScalingReplicaSet",
            message,
          };
          const revised = withRevision(deployment, String(revision));
          const created = `Created new replica set "${name}"`;
          const object = hasDeadline(deployment)
            ? withProgressing(revised, "True", "NewReplicaSetCreated", created, now)
            : revised;
          return [...(replicas ? [event] : []), { do: "updateStatus", resource: RESOURCE, object }];
        }
        const error = result?.error;
        if (isAlreadyExists(error)) return collision(deployment, known.get(`${metadata.namespace}/${name}`), error);
        if (isNamespaceTerminating(error)) return [{ do: "fail", error }];
        const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : error}`;
        const failed = withProgressing(deployment, "False", "ReplicaSetCreateError", message, now);
        return [
          ...(hasDeadline(deployment) ? [{ do: "updateStatus", resource: RESOURCE, object: failed } as const] : []),
          { do: "event", about: deployment, type: "Warning", reason: "ReplicaSetCreateError", message },
          { do: "fail", error },
        ];
      },
    },
  ];
}

/** The name is taken: by ourselves a moment ago, or by another template with the same hash. */
function collision(deployment: Readonly<Deployment>, taken: OwnedSet | undefined, error: unknown): Action[] {
  const ours = taken && controllerOf(taken)?.uid === deployment.metadata.uid;
  if (!taken || (ours && deepEqual(templateOf(taken), templateOf(deployment)))) return [{ do: "fail", error }];
  const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
  const object: Deployment = { ...deployment, status: { ...deployment.status, collisionCount } };
  return [
    { do: "updateStatus", resource: RESOURCE, object },
    { do: "fail", error },
  ];
}

/** Recreate waits until no Pod of an old template runs any more. (oldPodsRunning) */
function oldPodsRun(
  newSet: OwnedSet | undefined,
  all: readonly OwnedSet[],
  old: readonly OwnedSet[],
  pods: Lister<Pod>,
): boolean {
  if (old.some(({ status }) => status.replicas)) return true;
  return all
    .filter((set) => set !== newSet)
    .some(({ metadata }) => pods.ownedBy(metadata.uid ?? "").some((pod) => !isFinished(pod)));
}

export const deploymentController = defineController<Listers>({
  name: "deployment-controller",
  watches: {
    for: RESOURCE,
    owns: ["apps/v1/replicasets"],
    maps: [
      mapping("apps/v1/replicasets", (set, { deployments }: Listers) => keysOfWanting(set, deployments)),
      // Only Recreate waits for Pods.
      mapping("v1/pods", (pod, { deployments, replicaSets }: Listers) => {
        const set = replicaSets.byUid(controllerOf(pod)?.uid ?? "");
        const owner = set && deployments.byUid(controllerOf(set)?.uid ?? "");
        return owner?.spec.strategy.type === "Recreate" ? [keyOf(owner)] : [];
      }),
    ],
  },
  listers: (get) => ({
    deployments: get("apps/v1/deployments"),
    replicaSets: get("apps/v1/replicasets"),
    pods: get("v1/pods"),
  }),
  reconcile,
});

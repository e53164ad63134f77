import {
  type Action,
  defineController,
  isEmptySelector,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
} from "../../client/index.ts";
import type { ControllerRevision, DaemonSet, DaemonSetStatus } from "../../openapi/api/apps.v1.ts";
import type { Node, Pod } from "../../openapi/api/core.v1.ts";
import { deepEqual, sameStatus } from "../equality.ts";
import { currentRevision, RESOURCE as REVISIONS, staleRevisions } from "../history.ts";
import { claim, keysOfWanting } from "../owner.ts";
import { createPods, deletePods, tell } from "../pod-control.ts";
import { availableInMs, isFinished, isReady } from "../pods.ts";
import { byAge, type Failures, manage } from "./manage.ts";
import { daemonPod, HASH_LABEL, isUpdated, nodeOf, placement } from "./placement.ts";
import { rollingUpdate } from "./rolling-update.ts";

const RESOURCE = "apps/v1/daemonsets";
/** Pods made or deleted in one round. */
const BURST = 250;
interface Listers {
  sets: Lister<DaemonSet>;
  pods: Lister<Pod>;
  nodes: Lister<Node>;
  revisions: Lister<ControllerRevision>;
}

/** One Pod on each node that it belongs on. Follows pkg/controller/daemon. */
export function reconcile(
  key: Key,
  { sets, pods, nodes, revisions }: Listers,
  now: Date,
  failures: Failures,
): Action[] {
  const set = sets.get(key);
  if (!set) return [];
  if (isEmptySelector(set.spec.selector)) {
    const message = "This daemon set is selecting all pods. A non-empty selector is required.";
    return [tell(set, "Warning", "SelectingAll", message)];
  }
  if (set.metadata.deletionTimestamp) return [];
  const history = claim(set, REVISIONS, revisions.claimableBy(set), ({ metadata }) =>
    matchesSelector(set.spec.selector, metadata.labels),
  );
  const current = currentRevision(set, history.owned, HASH_LABEL);
  if (current.actions) return [...history.actions, ...current.actions];
  const hash = current.revision.metadata.labels?.[HASH_LABEL] ?? "";
  const { owned, actions } = claim(set, "v1/pods", pods.claimableBy(set), ({ metadata }) =>
    matchesSelector(set.spec.selector, metadata.labels),
  );
  const onNode = new Map<string, Readonly<Pod>[]>();
  for (const pod of byAge(owned)) {
    const node = nodeOf(pod);
    // Of one that has ended and goes there is nothing left to do but to take its place.
    if (isFinished(pod) && pod.metadata.deletionTimestamp) continue;
    if (node) onNode.set(node, [...(onNode.get(node) ?? []), pod]);
  }

  const plan = manage(set, nodes.list(), onNode, { hash, now, failures });
  if (!plan.create.length && !plan.remove.length) {
    const updating = set.spec.updateStrategy.type === "RollingUpdate";
    if (updating) Object.assign(plan, rollingUpdate(set, nodes.list(), onNode, hash, now));
  }
  const status = statusActions(set, nodes.list(), onNode, hash, now);
  const create = plan.create.slice(0, BURST).map((node) => daemonPod(set, node, hash));
  const remove = plan.remove.slice(0, BURST);
  const inUse = new Set([current.revision.metadata.name ?? "", ...revisionsInUse(history.owned, owned)]);
  const waits = owned.map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now) || Number.POSITIVE_INFINITY);
  const soonest = Math.min(plan.againMs, ...waits);
  const after = () => status;
  return [
    ...history.actions,
    ...actions,
    ...plan.events,
    ...(create.length ? createPods(set, create, remove.length ? undefined : after) : []),
    ...(remove.length ? deletePods(set, remove, after) : []),
    ...(create.length || remove.length ? [] : status),
    ...staleRevisions(history.owned, inUse, set.spec.revisionHistoryLimit ?? 10),
    ...(Number.isFinite(soonest) ? [{ do: "requeue", afterMs: soonest + 1 } as const] : []),
  ];
}

function revisionsInUse(history: readonly Readonly<ControllerRevision>[], pods: readonly Readonly<Pod>[]): string[] {
  const hashes = new Set(pods.map(({ metadata }) => metadata.labels?.[HASH_LABEL]));
  return history
    .filter(({ metadata }) => hashes.has(metadata.labels?.[HASH_LABEL]))
    .map(({ metadata }) => metadata.name ?? "");
}

function statusActions(
  set: Readonly<DaemonSet>,
  nodes: readonly Readonly<Node>[],
  onNode: ReadonlyMap<string, readonly Readonly<Pod>[]>,
  hash: string,
  now: Date,
): Action[] {
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const [pod] = onNode.get(node.metadata.name ?? "") ?? [];
    if (!placement(set, node).run) {
      if (pod) count.misscheduled++;
      continue;
    }
    count.desired++;
    if (!pod) continue;
    count.current++;
    if (isReady(pod)) count.ready++;
    if (availableInMs(pod, set.spec.minReadySeconds ?? 0, now) === 0) count.available++;
    if (isUpdated(set, pod, hash)) count.updated++;
  }
  const status: DaemonSetStatus = {
    ...set.status,
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    observedGeneration: set.metadata.generation,
    updatedNumberScheduled: count.updated,
    numberAvailable: count.available,
    numberUnavailable: count.desired - count.available,
  };
  return sameStatus(set.status, status)
    ? []
    : [{ do: "updateStatus", resource: RESOURCE, object: { ...set, status } as DaemonSet }];
}

/** Made anew for each start: backoff is remembered, not stored. */
export function daemonSetController() {
  const failures: Failures = new Map();
  return defineController<Listers>({
    name: "daemonset-controller",
    watches: {
      for: RESOURCE,
      owns: ["v1/pods", REVISIONS],
      maps: [
        mapping("v1/pods", (pod, { sets }: Listers) => keysOfWanting(pod, sets)),
        mapping("v1/nodes", (node, { sets }: Listers, old) => {
          const isSame =
            old && deepEqual(old.metadata.labels, node.metadata.labels) && deepEqual(old.spec.taints, node.spec.taints);
          return isSame ? [] : sets.list().map(keyOf);
        }),
      ],
    },
    listers: (get) => ({
      sets: get(RESOURCE),
      pods: get("v1/pods"),
      nodes: get("v1/nodes"),
      revisions: get(REVISIONS),
    }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, failures),
  });
}

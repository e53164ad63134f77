import {
  type Action,
  controllerOf,
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
import { claim } from "../owner.ts";
import { createPods, deletePods, tell } from "../pod-control.ts";
import { availableInMs, isReady } from "../pods.ts";
import { daemonPod, HASH_LABEL, isUpdated, nodeOf, placement } from "./placement.ts";
import { rollingUpdate } from "./rolling-update.ts";

const RESOURCE = "apps/v1/daemonsets";
/** Pods made or deleted in one round. */
const BURST = 250;
/** A daemon that fails again and again is not replaced more often than this. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 15 * 60_000;

interface Listers {
  sets: Lister<DaemonSet>;
  pods: Lister<Pod>;
  nodes: Lister<Node>;
  revisions: Lister<ControllerRevision>;
}

/** Set and node → when its daemon last failed, and how often in a row. */
export type Failures = Map<string, { atMs: number; waitMs: number }>;

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
    if (node) onNode.set(node, [...(onNode.get(node) ?? []), pod]);
  }

  const plan = manage(set, nodes.list(), onNode, now, failures);
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

interface Plan {
  create: string[];
  remove: Readonly<Pod>[];
  events: Action[];
  againMs: number;
}

/** Nodes without their daemon, and daemons without their node. (manage) */
function manage(
  set: Readonly<DaemonSet>,
  nodes: readonly Readonly<Node>[],
  onNode: ReadonlyMap<string, readonly Readonly<Pod>[]>,
  now: Date,
  failures: Failures,
): Plan {
  const plan: Plan = { create: [], remove: [], events: [], againMs: Number.POSITIVE_INFINITY };
  const surges = !!set.spec.updateStrategy.rollingUpdate?.maxSurge && set.spec.updateStrategy.type === "RollingUpdate";
  for (const node of nodes) {
    const name = node.metadata.name ?? "";
    const here = onNode.get(name) ?? [];
    const { run, stay } = placement(set, node);
    if (!stay) {
      plan.remove.push(...here.filter(({ metadata }) => !metadata.deletionTimestamp));
      continue;
    }
    if (!here.length) {
      if (run) plan.create.push(name);
      continue;
    }
    const running = here.filter((pod) => {
      if (pod.metadata.deletionTimestamp) return false;
      const { phase } = pod.status;
      if (phase !== "Failed" && phase !== "Succeeded") return true;
      const what = `${pod.metadata.namespace}/${pod.metadata.name} on node ${name}`;
      if (phase === "Succeeded") {
        const message = `Found succeeded daemon pod ${what}, will try to delete it`;
        plan.events.push(tell(set, "Normal", "SucceededDaemonPod", message));
      } else {
        const wait = backoff(`${set.metadata.uid}/${name}`, failures, now);
        if (wait > 0) {
          plan.againMs = Math.min(plan.againMs, wait);
          return false;
        }
        const message = `Found failed daemon pod ${what}, will try to kill it`;
        plan.events.push(tell(set, "Warning", "FailedDaemonPod", message));
      }
      plan.remove.push(pod);
      return false;
    });
    if (!surges) plan.remove.push(...running.slice(1));
    else if (!running.length && run) plan.create.push(name);
    else plan.remove.push(...running.slice(2)); // an old and a new one; the rolling update decides between them
  }
  // Bound to a node that is gone before it was scheduled: nobody else will ever take it away.
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, here] of onNode) {
    if (!known.has(name))
      plan.remove.push(...here.filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp));
  }
  return plan;
}

/** Milliseconds to wait before a failed daemon is replaced; counts the replacement when it is 0. */
function backoff(id: string, failures: Failures, now: Date): number {
  const last = failures.get(id);
  if (last) {
    const left = last.atMs + last.waitMs - now.getTime();
    if (left > 0) return left;
  }
  const isOld = last && now.getTime() - last.atMs > 2 * LONGEST_BACKOFF_MS;
  const waitMs = last && !isOld ? Math.min(last.waitMs * 2, LONGEST_BACKOFF_MS) : FIRST_BACKOFF_MS;
  failures.set(id, { atMs: now.getTime(), waitMs });
  return 0;
}

/** Bound ones first, then the oldest. (podByCreationTimestampAndPhase) */
function byAge(pods: readonly Readonly<Pod>[]): Readonly<Pod>[] {
  const text = ({ metadata, spec }: Readonly<Pod>) =>
    `${spec.nodeName ? 0 : 1}${metadata.creationTimestamp}\0${metadata.name}`;
  return [...pods].sort((a, b) => (text(a) < text(b) ? -1 : 1));
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
        mapping("v1/pods", (pod, { sets }: Listers) =>
          controllerOf(pod)
            ? []
            : sets
                .byNamespace(pod.metadata.namespace ?? "")
                .filter(
                  ({ spec }) => !isEmptySelector(spec.selector) && matchesSelector(spec.selector, pod.metadata.labels),
                )
                .map(keyOf),
        ),
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

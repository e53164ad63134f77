import {
  type Action,
  controllerOf,
  defineController,
  itemExponentialFailure,
  type Key,
  keyOf,
  type Lister,
  mapping,
  matchesSelector,
  type ReconcileContext,
  splitKey,
  timestamp,
} from "../../client/index.ts";
import type { Job, JobCondition, JobStatus } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { claim } from "../owner.ts";
import { createPods, deletePods, tell } from "../pod-control.ts";
import { isActive, isReady, isTerminating } from "../pods.ts";
import { type Backoff, nextBackoff } from "./backoff.ts";
import {
  deadlineLeftMs,
  finishedCondition,
  newCondition,
  suspension,
  verdict,
  withJobCondition,
} from "./conditions.ts";
import { judgeFailure } from "./failure-policy.ts";
import { parseIndexes, validIndexOf } from "./indexes.ts";
import { planPods, predecessorsOf } from "./plan.ts";
import { hasFailed, hasLimitPerIndex, indexFailures, isIndexed, isTracked, TRACKING } from "./pods.ts";
import { track, untrack } from "./track.ts";

const RESOURCE = "batch/v1/jobs";
/** Pods that end within this time are counted together. (SyncJobBatchPeriod) */
const BATCH_MS = 1000;
const MANAGED_BY = "kubernetes.io/job-controller";

type View = Readonly<Job>;
type AnyPod = Readonly<Pod>;
/** What it looks at. */
export interface JobListers {
  jobs: Lister<Job>;
  /** With an index `orphans`. */
  pods: Lister<Pod>;
  /** What it remembers of failures. */
  backoffs: Map<Key, Backoff>;
}

const isForeign = ({ spec }: View): boolean => spec.managedBy !== undefined && spec.managedBy !== MANAGED_BY;

/** Runs Pods until enough of them have succeeded. Follows pkg/controller/job. */
export function reconcile(key: Key, listers: JobListers, { now }: Pick<ReconcileContext, "now">): Action[] {
  const { jobs, pods, backoffs } = listers;
  const job = jobs.get(key);
  if (!job) {
    backoffs.delete(key);
    return untrack(pods.byNamespace(splitKey(key).namespace).filter((pod) => isForsaken(pod, jobs)));
  }
  if (isForeign(job)) return [];
  if (finishedCondition(job)) {
    backoffs.delete(key);
    return untrack(pods.ownedBy(job.metadata.uid ?? ""));
  }
  const { owned, actions } = claim(
    job,
    "v1/pods",
    pods.claimableBy(job),
    ({ metadata }) => matchesSelector(job.spec.selector, metadata.labels),
    [TRACKING],
  );
  return [...actions, ...sync(key, job, owned, backoffs, now)];
}

/** Whether nobody is left to take the finalizer away. */
function isForsaken(pod: AnyPod, jobs: Lister<Job>): boolean {
  if (!isTracked(pod)) return false;
  const owner = controllerOf(pod);
  if (!owner) return true;
  return owner.kind === "Job" && owner.apiVersion === "batch/v1" && !jobs.byUid(owner.uid);
}

function sync(key: Key, job: View, owned: readonly AnyPod[], backoffs: Map<Key, Backoff>, now: Date): Action[] {
  const active = owned.filter(isActive);
  const indexed = isIndexed(job);
  const started: JobStatus = {
    ...job.status,
    startTime: job.status.startTime ?? (job.spec.suspend ? undefined : timestamp(now)),
  };

  const uncounted = job.status.uncountedTerminatedPods ?? {};
  const isNew = (pod: AnyPod, uids: readonly string[] | undefined) =>
    isTracked(pod) && !uids?.includes(pod.metadata.uid ?? "") && (!indexed || validIndexOf(pod, job) !== undefined);
  const succeededPods = owned.filter((pod) => pod.status.phase === "Succeeded" && isNew(pod, uncounted.succeeded));
  const failedPods = owned.filter((pod) => hasFailed(pod, job) && isNew(pod, uncounted.failed));
  const backoff = nextBackoff(backoffs.get(key), succeededPods, failedPods);
  const failed =
    (job.status.failed ?? 0) +
    (uncounted.failed?.length ?? 0) +
    failedPods.filter((pod) => judgeFailure(job, pod).counts).length;

  const succeededIndexes = indexed ? succeededIndexesOf(job, owned) : new Set<number>();
  const failedIndexes = indexed && hasLimitPerIndex(job) ? failedIndexesOf(job, owned) : undefined;
  const succeeded = indexed
    ? succeededIndexes.size
    : (job.status.succeeded ?? 0) + (uncounted.succeeded?.length ?? 0) + succeededPods.length;
  const known = { owned, active, succeededIndexes, failedIndexes: failedIndexes ?? new Set<number>() };
  const predecessors = failedIndexes ? predecessorsOf(job, known) : new Map<number, AnyPod>();

  const decided = verdict(
    { ...job, status: started },
    { pods: owned, failed, succeededIndexes: indexed ? succeededIndexes : undefined, failedIndexes },
    now,
  );
  /** Counts what has ended, once it is known what was made or taken away. */
  const settle = (change: Change, end: JobCondition | undefined, suspended: JobCondition | undefined): Action[] => {
    const status: JobStatus = {
      ...started,
      active: change.active || undefined,
      ready: active.filter(isReady).length - change.removedReady,
      terminating: owned.filter(isTerminating).length + change.removed,
      ...(suspended && {
        conditions: withJobCondition(job.status.conditions, suspended),
        // The clock of the deadline stands still meanwhile, and starts anew.
        startTime: suspended.status === "True" ? undefined : timestamp(now),
      }),
    };
    const counted = () => void backoffs.set(key, backoff);
    return track({
      job,
      pods: owned,
      status,
      decided: end,
      succeededIndexes,
      failedIndexes,
      predecessors,
      now,
      counted,
    });
  };

  if (decided)
    return deletePods(job, active, (error, results) => {
      const change = removal(
        active,
        results.map(({ ok }) => ok),
      );
      return settle(change, error ? undefined : decided, undefined);
    });

  const recheck: Action[] = [];
  const deadline = deadlineLeftMs({ ...job, status: started }, now);
  if (Number.isFinite(deadline)) recheck.push({ do: "requeue", afterMs: deadline + 1 });
  /** What is left to say of a Job that goes on, or that all its Pods have completed. */
  const go = (change: Change): Action[] => {
    const { completions } = job.spec;
    const isEnough = completions === undefined ? succeeded > 0 : succeeded >= completions;
    if (isEnough && !change.active) return settle(change, completionsReached(now), undefined);
    const suspended = job.metadata.deletionTimestamp ? undefined : suspension(job, now);
    const reason = suspended?.status === "True" ? "Suspended" : "Resumed";
    const event = suspended && tell(job, "Normal", reason, suspended.message ?? "");
    return [...(event ? [event] : []), ...settle(change, undefined, suspended)];
  };
  if (job.metadata.deletionTimestamp) return go({ active: active.length, removed: 0, removedReady: 0 });

  const { create, remove, retryMs } = planPods(job, { ...known, succeeded, backoff, predecessors }, now);
  if (retryMs !== undefined) recheck.push({ do: "requeue", afterMs: retryMs });
  if (create.length)
    return [
      ...createPods(job, create, (_, results) => {
        const made = results.filter(({ ok }) => ok).length;
        return go({ active: active.length + made, removed: 0, removedReady: 0 });
      }),
      ...recheck,
    ];
  if (remove.length)
    return [
      // These do not count as failed.
      ...untrack(remove),
      ...deletePods(job, remove, (_, results) =>
        go(
          removal(
            active,
            results.map(({ ok }) => ok),
            remove,
          ),
        ),
      ),
      ...recheck,
    ];
  // Upstream calls no Pod active while it waits to replace a failed one; the API server refuses that as soon as another
  // one is ready, and the failure would stay unwritten until the wait is over.
  return [...go({ active: active.length, removed: 0, removedReady: 0 }), ...recheck];
}

/** What a round did to the number of Pods. */
interface Change {
  active: number;
  removed: number;
  removedReady: number;
}

function removal(active: readonly AnyPod[], ok: readonly boolean[], pods: readonly AnyPod[] = active): Change {
  const gone = pods.filter((_, i) => ok[i]);
  return { active: active.length - gone.length, removed: gone.length, removedReady: gone.filter(isReady).length };
}

const completionsReached = (now: Date): JobCondition =>
  newCondition("SuccessCriteriaMet", "True", "CompletionsReached", "Reached expected number of succeeded pods", now);

function succeededIndexesOf(job: View, owned: readonly AnyPod[]): Set<number> {
  const indexes = parseIndexes(job.status.completedIndexes, job.spec.completions);
  for (const pod of owned) {
    const index = validIndexOf(pod, job);
    if (index !== undefined && pod.status.phase === "Succeeded" && isTracked(pod)) indexes.add(index);
  }
  return indexes;
}

/** Indexes that have failed for good: by policy, or more often than spec.backoffLimitPerIndex. */
function failedIndexesOf(job: View, owned: readonly AnyPod[]): Set<number> {
  const indexes = parseIndexes(job.status.failedIndexes, job.spec.completions);
  for (const pod of owned) {
    const index = validIndexOf(pod, job);
    if (index === undefined || !isTracked(pod) || !hasFailed(pod, job)) continue;
    const { action, counts } = judgeFailure(job, pod);
    if (action === "FailIndex" || (counts && indexFailures(pod) >= (job.spec.backoffLimitPerIndex ?? 0)))
      indexes.add(index);
  }
  return indexes;
}

export const jobController = defineController<JobListers>({
  name: "job-controller",
  watches: {
    for: RESOURCE,
    owns: ["v1/pods"],
    batchMs: BATCH_MS,
    maps: [
      mapping("v1/pods", (pod, { jobs }: JobListers) => {
        const { namespace = "" } = pod.metadata;
        // A key that no Job can have: releases what is left behind.
        if (isForsaken(pod, jobs)) return [`${namespace}/`];
        if (controllerOf(pod)) return [];
        return jobs
          .byNamespace(namespace)
          .filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
          .map(keyOf);
      }),
    ],
  },
  listers: (get) => ({
    jobs: get(RESOURCE),
    pods: get("v1/pods"),
    backoffs: new Map(),
  }),
  // As DefaultJobApiBackOff and MaxJobApiBackOff.
  retry: () => itemExponentialFailure(1000, 60_000),
  reconcile,
});

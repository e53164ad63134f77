import type { Job } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { byActivity, isTerminating } from "../pods.ts";
import { type Backoff, backoffLeftMs, finishedAtMs } from "./backoff.ts";
import { firstFree, indexesOf, indexOf, validIndexOf } from "./indexes.ts";
import {
  allIndexFailures,
  hasFailed,
  hasLimitPerIndex,
  isIndexed,
  isTracked,
  jobPod,
  replacesOnlyFailed,
} from "./pods.ts";

/** Pods made or deleted in one round. (MaxPodCreateDeletePerSync) */
const BURST = 500;
/** A Pod's turn after a failure comes no sooner. (SyncJobBatchPeriod) */
const SHORTEST_WAIT_MS = 1000;

type AnyPod = Readonly<Pod>;
type View = Readonly<Job>;

/** What is known of a Job when its Pods are planned. */
export interface Progress {
  owned: readonly AnyPod[];
  active: readonly AnyPod[];
  succeeded: number;
  succeededIndexes: ReadonlySet<number>;
  failedIndexes: ReadonlySet<number>;
  backoff: Backoff;
  /** By index, the failed Pod that stays until the next one has taken over its count of failures. */
  predecessors: ReadonlyMap<number, AnyPod>;
}

/** Pods to make, or to take away; with neither, perhaps when to look again. */
export interface Plan {
  create: Pod[];
  remove: readonly AnyPod[];
  retryMs?: number;
}

/** Pods to make or to take away, so that parallelism and completions are met. (manageJob) */
export function planPods(job: View, progress: Progress, now: Date): Plan {
  const { owned, active, succeeded } = progress;
  const { parallelism = 1, completions, suspend } = job.spec;
  if (suspend) return { create: [], remove: active };
  // Without a number of completions, after the first success whatever runs is left running.
  const open = succeeded > 0 ? active.length : parallelism;
  const wanted = completions === undefined ? open : Math.max(0, Math.min(parallelism, completions - succeeded));
  const remove = surplus(job, active, Math.max(0, active.length - wanted)).slice(0, BURST);
  // Never both in one round; taking away comes first.
  if (remove.length) return { create: [], remove };
  const waitsForEnd = replacesOnlyFailed(job) ? owned.filter(isTerminating) : [];
  const missing = Math.min(wanted - waitsForEnd.length - active.length, BURST);
  if (missing <= 0) return { create: [], remove };
  const wait = hasLimitPerIndex(job) ? 0 : backoffLeftMs(progress.backoff, now);
  if (wait > 0) return { create: [], remove, retryMs: Math.max(wait, SHORTEST_WAIT_MS) };
  if (!isIndexed(job))
    return { create: Array.from({ length: missing }, () => jobPod(job, undefined, undefined)), remove };

  const { succeededIndexes, failedIndexes, predecessors } = progress;
  const busy = indexesOf([...active, ...waitsForEnd]);
  const free = firstFree(missing, completions ?? 0, [busy, succeededIndexes, failedIndexes]);
  const waits = free.map((index) => {
    const last = predecessors.get(index);
    const failures = last ? allIndexFailures(last) + 1 : 0;
    return last ? backoffLeftMs({ failures, lastFailureMs: finishedAtMs(last) }, now) : 0;
  });
  const due = free.filter((_, i) => !waits[i]);
  if (!due.length && free.length)
    return { create: [], remove, retryMs: Math.max(Math.min(...waits), SHORTEST_WAIT_MS) };
  const create = due.map((index) => jobPod(job, index, predecessors.get(index)));
  // The others of this round come back when theirs is due.
  const later = waits.filter(Boolean);
  return { create, remove, ...(later.length && { retryMs: Math.max(Math.min(...later), SHORTEST_WAIT_MS) }) };
}

/** Pods whose index is another's, no index at all or beyond the last, and more of them up to a number. */
function surplus(job: View, active: readonly AnyPod[], atLeast: number): AnyPod[] {
  const useless: AnyPod[] = [];
  let rest = [...active];
  if (isIndexed(job)) {
    const best = new Map<number, AnyPod>();
    // The last in this order is the one worth most: it stays.
    for (const pod of byActivity(active)) {
      const index = validIndexOf(pod, job);
      const other = index === undefined ? pod : best.get(index);
      if (other) useless.push(other);
      if (index !== undefined) best.set(index, pod);
    }
    rest = [...best.values()];
  }
  return [...useless, ...byActivity(rest).slice(0, Math.max(0, atLeast - useless.length))];
}

/** The last failed Pod of each index that has neither ended nor another Pod. (getPodsWithDelayedDeletionPerIndex) */
export function predecessorsOf(
  job: View,
  { owned, active, succeededIndexes, failedIndexes }: Omit<Progress, "predecessors" | "backoff" | "succeeded">,
): Map<number, AnyPod> {
  const busy = indexesOf(active);
  const found = new Map<number, AnyPod>();
  for (const pod of owned) {
    const index = indexOf(pod);
    if (!isTracked(pod) || !hasFailed(pod, job) || index === undefined || index >= (job.spec.completions ?? 0))
      continue;
    if (succeededIndexes.has(index) || failedIndexes.has(index) || busy.has(index)) continue;
    const last = found.get(index);
    const isLater =
      !last || (allIndexFailures(pod) >= allIndexFailures(last) && finishedAtMs(pod) >= finishedAtMs(last));
    if (isLater) found.set(index, pod);
  }
  return found;
}

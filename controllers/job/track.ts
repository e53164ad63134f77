import { type Action, type ApiObject, isNotFound, timestamp } from "../../client/index.ts";
import type { Job, JobCondition, JobStatus } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { sameStatus } from "../equality.ts";
import { tell } from "../pod-control.ts";
import { conditionOf, newCondition, withJobCondition } from "./conditions.ts";
import { judgeFailure } from "./failure-policy.ts";
import { formatIndexes, indexOf, validIndexOf } from "./indexes.ts";
import { hasFailed, isIndexed, isTracked, TRACKING } from "./pods.ts";

/** Uids in the status at once: keeps it below 20 KB. (MaxUncountedPods) */
const MOST_UNCOUNTED = 500;

type AnyPod = Readonly<Pod>;
type View = Readonly<Job>;

/** What a round has come to before Pods are counted. */
export interface Round {
  job: View;
  pods: readonly AnyPod[];
  /** With what changed before counting: active, ready, terminating, startTime, Suspended. */
  status: JobStatus;
  /** FailureTarget or SuccessCriteriaMet, when the Job ends. */
  decided: JobCondition | undefined;
  succeededIndexes: ReadonlySet<number>;
  failedIndexes: ReadonlySet<number> | undefined;
  predecessors: ReadonlyMap<number, AnyPod>;
  now: Date;
  /** Called when newly ended Pods are in the status. */
  counted(): void;
}

const uidOf = ({ metadata }: AnyPod): string => metadata.uid ?? "";

/**
 * Counts each ended Pod once, whatever crashes: its uid is written down, its finalizer is taken away, its uid becomes
 * part of a number. Then, when nothing is left to count, the Job may be called finished.
 * (trackJobStatusAndRemoveFinalizers)
 */
export function track(round: Round): Action[] {
  const { job, decided, now } = round;
  const first = settleUncounted(round.status, new Set(round.pods.filter(isTracked).map(uidOf)));
  const { status, released, isFull } = countEnded(round, first);
  if (isIndexed(job)) {
    status.succeeded = round.succeededIndexes.size || undefined;
    status.completedIndexes = formatIndexes(round.succeededIndexes) || undefined;
    if (round.failedIndexes) status.failedIndexes = formatIndexes(round.failedIndexes);
    else delete status.failedIndexes;
  }
  if (decided && !conditionOf({ ...job, status }, decided.type))
    status.conditions = withJobCondition(status.conditions, decided);

  /** The second write: what the removed finalizers allow. */
  const conclude = (current: View, open: ReadonlySet<string>): Action[] => {
    const final = settleUncounted(current.status, open);
    const isFinished = decided && !isFull && mayFinish(final);
    if (isFinished) finish(final, decided, now);
    const write = writeStatus(current, final);
    return isFinished ? [...write, ...finishEvents(current, final, decided)] : write;
  };
  const remove = (current: View): Action[] => {
    const open = new Set(round.pods.filter(isTracked).map(uidOf));
    return untrack(
      released,
      (pod) => open.delete(uidOf(pod)),
      () => conclude(current, open),
    );
  };
  const [write] = writeStatus(job, status);
  if (!write) return remove({ ...job, status });
  return [
    {
      do: "batch",
      actions: [write],
      after([result]) {
        if (!result?.ok) return [{ do: "fail", error: result?.error }];
        round.counted();
        // The server's answer to a status of a Job is that Job.
        return remove((result.object as Job | undefined) ?? { ...job, status });
      },
    },
  ];
}

/** Uids whose finalizer is gone become part of the numbers. (cleanUncountedPodsWithoutFinalizers) */
function settleUncounted(status: JobStatus, open: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = { succeeded: succeeded.filter((uid) => open.has(uid)), failed: failed.filter((uid) => open.has(uid)) };
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - left.succeeded.length || undefined,
    failed: (status.failed ?? 0) + failed.length - left.failed.length || undefined,
    uncountedTerminatedPods: {
      ...(left.succeeded.length && { succeeded: left.succeeded }),
      ...(left.failed.length && { failed: left.failed }),
    },
  };
}

/** Writes ended Pods down. `released` are those whose finalizer may go once that is stored. */
function countEnded(round: Round, before: JobStatus): { status: JobStatus; released: AnyPod[]; isFull: boolean } {
  const { job, decided } = round;
  const indexed = isIndexed(job);
  const succeeded = [...(before.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(before.uncountedTerminatedPods?.failed ?? [])];
  const known = new Set([...succeeded, ...failed]);
  const released: AnyPod[] = [];
  let newIndexes = 0;
  let isFull = false;
  const pods = indexed ? [...round.pods].sort((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1)) : round.pods;
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(round, pod)) continue;
    released.push(pod);
    const isKnown = known.has(uidOf(pod));
    if (pod.status.phase === "Succeeded" && !failed.includes(uidOf(pod))) {
      // Of an indexed Job the index itself says that it has been counted.
      if (indexed) newIndexes++;
      else if (!isKnown) succeeded.push(uidOf(pod));
    } else if (hasFailed(pod, job) || decided?.type === "FailureTarget") {
      const belongs = !indexed || validIndexOf(pod, job) !== undefined;
      if (!isKnown && belongs && judgeFailure(job, pod).counts) failed.push(uidOf(pod));
    }
    if (newIndexes + succeeded.length + failed.length >= MOST_UNCOUNTED) {
      isFull = true;
      break;
    }
  }
  const uncountedTerminatedPods = { ...(succeeded.length && { succeeded }), ...(failed.length && { failed }) };
  return { status: { ...before, uncountedTerminatedPods }, released, isFull };
}

/** (canRemoveFinalizer) */
function mayRelease({ job, decided, predecessors }: Round, pod: AnyPod): boolean {
  if (job.metadata.deletionTimestamp || decided || pod.status.phase === "Succeeded") return true;
  return hasFailed(pod, job) && predecessors.get(indexOf(pod) ?? -1)?.metadata.uid !== pod.metadata.uid;
}

/** Every Pod is counted and gone. */
function mayFinish({ uncountedTerminatedPods, terminating }: JobStatus): boolean {
  return !uncountedTerminatedPods?.succeeded && !uncountedTerminatedPods?.failed && !terminating;
}

function finish(status: JobStatus, { type, reason = "", message = "" }: JobCondition, now: Date): void {
  const isSuccess = type === "SuccessCriteriaMet";
  const condition = newCondition(isSuccess ? "Complete" : "Failed", "True", reason, message, now);
  status.conditions = withJobCondition(status.conditions, condition);
  if (isSuccess) status.completionTime = timestamp(now);
}

function finishEvents(job: View, { succeeded = 0 }: JobStatus, { type, reason = "", message = "" }: JobCondition) {
  if (type !== "SuccessCriteriaMet") return [tell(job, "Warning", reason, message)];
  const completed = tell(job, "Normal", "Completed", "Job completed");
  if (job.spec.completions === undefined || succeeded <= job.spec.completions) return [completed];
  const tooMany = "Too many succeeded pods running after completion count reached";
  return [tell(job, "Warning", "TooManySucceededPods", tooMany), completed];
}

function writeStatus(job: View, status: JobStatus) {
  if (sameStatus(job.status, status) && job.status.ready !== undefined) return [];
  return [{ do: "updateStatus", resource: "batch/v1/jobs", object: { ...job, status } as ApiObject } as const];
}

/** Takes finalizers away. @param gone called for each Pod that has none any more @param next what comes then */
export function untrack(
  pods: readonly AnyPod[],
  gone: (pod: AnyPod) => void = () => {},
  next: () => readonly Action[] = () => [],
): Action[] {
  const tracked = pods.filter(isTracked);
  if (!tracked.length) return [...next()];
  const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": [TRACKING] } };
  return [
    {
      do: "batch",
      actions: tracked.map(
        (object) => ({ do: "patch", resource: "v1/pods", object, type: "strategic", patch }) as const,
      ),
      after(results) {
        const failure = results.find((result) => !result.ok && !isNotFound(result.error));
        for (const [i, result] of results.entries()) {
          const pod = tracked[i];
          if (pod && (result.ok || isNotFound(result.error))) gone(pod);
        }
        return [...next(), ...(failure && !failure.ok ? [{ do: "fail", error: failure.error } as const] : [])];
      },
    },
  ];
}

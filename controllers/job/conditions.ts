import { timestamp } from "../../client/index.ts";
import type { Job, JobCondition } from "../../openapi/api/batch.v1.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { judgeFailure } from "./failure-policy.ts";
import { hasFailed } from "./pods.ts";
import { metSuccessRule } from "./success-policy.ts";

type View = Readonly<Job>;

export function conditionOf({ status }: View, type: string): JobCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

/** Complete or failed for good. */
export function finishedCondition(job: View): JobCondition | undefined {
  return conditionOf(job, "Complete") ?? conditionOf(job, "Failed");
}

export function newCondition(type: string, status: string, reason: string, message: string, now: Date): JobCondition {
  const time = timestamp(now);
  return { type, status, reason, message, lastProbeTime: time, lastTransitionTime: time };
}

/** What a verdict is made of. */
export interface Standing {
  pods: readonly Readonly<Pod>[];
  /** Failed Pods, without those that the policy ignores. */
  failed: number;
  /** Undefined of a Job without indexes. */
  succeededIndexes: ReadonlySet<number> | undefined;
  /** Undefined without spec.backoffLimitPerIndex. */
  failedIndexes: ReadonlySet<number> | undefined;
}

/**
 * Whether a Job must end now: the first of the two steps to its end, `FailureTarget` or `SuccessCriteriaMet`. One that
 * was written before stands. That all completions are reached is seen later, when no Pod is active. (KEP-3998)
 */
export function verdict(job: View, { pods, failed, ...indexes }: Standing, now: Date): JobCondition | undefined {
  const decided = conditionOf(job, "SuccessCriteriaMet") ?? conditionOf(job, "FailureTarget");
  if (decided) return decided;
  const { backoffLimit = 6, completions = 0, maxFailedIndexes } = job.spec;
  const fail = (reason: string, message: string) => newCondition("FailureTarget", "True", reason, message, now);
  for (const pod of job.spec.podFailurePolicy ? pods : []) {
    const message = hasFailed(pod, job) ? judgeFailure(job, pod).message : undefined;
    if (message) return fail("PodFailurePolicy", message);
  }
  if (failed > backoffLimit || hasRestartedTooOften(job, pods))
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  if (deadlineLeftMs(job, now) <= 0) return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  const { failedIndexes, succeededIndexes } = indexes;
  if (!succeededIndexes) return undefined;
  if (failedIndexes && maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes)
    return fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  if (failedIndexes?.size && failedIndexes.size + succeededIndexes.size >= completions)
    return fail("FailedIndexes", "Job has failed indexes");
  const message = metSuccessRule(job, succeededIndexes);
  return message ? newCondition("SuccessCriteriaMet", "True", "SuccessPolicy", message, now) : undefined;
}

/** Milliseconds until spec.activeDeadlineSeconds have passed; Infinity when the clock does not run. */
export function deadlineLeftMs({ spec, status }: View, now: Date): number {
  if (spec.suspend || spec.activeDeadlineSeconds === undefined || !status.startTime) return Number.POSITIVE_INFINITY;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now.getTime();
}

/** Where containers are started again in their Pod, these restarts count. (pastBackoffLimitOnFailure) */
function hasRestartedTooOften({ spec }: View, pods: readonly Readonly<Pod>[]): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status.phase !== "Running" && status.phase !== "Pending") continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount ?? 0;
  }
  return restarts > 0 && restarts >= (spec.backoffLimit ?? 6);
}

/** `Suspended` as it must be now; undefined when it is so, or was never there and is not wanted. */
export function suspension(job: View, now: Date): JobCondition | undefined {
  const known = job.status.conditions?.find(({ type }) => type === "Suspended");
  if (job.spec.suspend)
    return known?.status === "True"
      ? undefined
      : newCondition("Suspended", "True", "JobSuspended", "Job suspended", now);
  if (known?.status !== "True") return undefined;
  return newCondition("Suspended", "False", "JobResumed", "Job resumed", now);
}

/** Replaces a condition where it stands, or adds it at the end. (ensureJobConditionStatus) */
export function withJobCondition(list: readonly JobCondition[] | undefined, condition: JobCondition): JobCondition[] {
  const known = list?.some(({ type }) => type === condition.type);
  if (!known) return [...(list ?? []), condition];
  return (list ?? []).map((one) => (one.type === condition.type ? condition : one));
}

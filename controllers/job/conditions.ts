import { timestamp } from "../../client/index.ts";
import type { Job, JobCondition } from "../../openapi/api/batch.v1.ts";

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

/** What is to become of a Job that does not run on: the first of the two steps to its end. (KEP-3998) */
export function verdict(
  job: View,
  counts: { succeeded: number; failed: number; active: number },
  now: Date,
): JobCondition | undefined {
  const decided = conditionOf(job, "SuccessCriteriaMet") ?? conditionOf(job, "FailureTarget");
  if (decided) return decided;
  const { backoffLimit = 6, activeDeadlineSeconds, completions, suspend, parallelism = 1 } = job.spec;
  const fail = (reason: string, message: string) => newCondition("FailureTarget", "True", reason, message, now);
  if (counts.failed > backoffLimit) return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  const started = Date.parse(job.status.startTime ?? "");
  if (activeDeadlineSeconds !== undefined && !suspend && now.getTime() - started >= activeDeadlineSeconds * 1000) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  // Without a number of completions one success is enough, once all others have ended too.
  const isDone = completions === undefined ? counts.succeeded > 0 && !counts.active : counts.succeeded >= completions;
  if (!isDone && !(completions === undefined && parallelism === 0 && !counts.active && counts.succeeded > 0))
    return undefined;
  return newCondition(
    "SuccessCriteriaMet",
    "True",
    "CompletionsReached",
    "Reached expected number of succeeded pods",
    now,
  );
}

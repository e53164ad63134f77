import type { Job, JobSpec, JobStatus } from "../../../openapi/api/batch.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired, omitValue } from "../../meta/field-error.ts";
import { timeOf } from "../../meta/time.ts";
import { validateCounts } from "../apps/workload-validation.ts";
import { countIndexes, firstOverlap } from "./indexes.ts";

const CONDITIONS = "status.conditions";

/** What the rules of a changed status look at. */
interface Change {
  readonly spec: JobSpec;
  readonly now: JobStatus;
  readonly old: JobStatus;
  /** Says whether a condition is true; `finished` is Complete or Failed. */
  has(status: JobStatus, condition: Condition): boolean;
  /** Says whether a rule about these has to be looked at: only what changes is judged. */
  changed(...what: readonly (Condition | keyof JobStatus)[]): boolean;
}

type Condition = "Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet" | "Suspended" | "finished";

/** (ValidateJobUpdateStatus of pkg/apis/batch/validation, getStatusValidationOptions of pkg/registry/batch/job) */
export function validateJobStatus(job: Job, previous: Job): FieldError[] {
  const now = job.status ?? {};
  const old = previous.status ?? {};
  const has = (status: JobStatus, condition: Condition): boolean =>
    condition === "finished"
      ? has(status, "Complete") || has(status, "Failed")
      : (status.conditions?.some((c) => c.type === condition && c.status === "True") ?? false);
  const change: Change = {
    spec: job.spec,
    now,
    old,
    has,
    changed: (...what) =>
      what.some((name) =>
        // Conditions begin with a capital; "finished" is both of them.
        /^([A-Z]|finished)/.test(name)
          ? has(now, name as Condition) !== has(old, name as Condition)
          : !semanticEqual(now[name as keyof JobStatus], old[name as keyof JobStatus]),
      ),
  };
  return [
    ...validateCounts(now, ["active", "succeeded", "failed", "ready", "terminating"], "status"),
    ...validateUncounted(now),
    ...validateTimes(change),
    ...validateFinished(change),
    ...validateIndexes(change),
    ...validatePodCounts(change),
    ...validateSuccess(change),
    ...validateProgress(change),
  ];
}

function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): FieldError[] {
  const seen = new Set<string>();
  return (["succeeded", "failed"] as const).flatMap((list) =>
    (uncounted?.[list] ?? []).flatMap((uid, i) => {
      const at = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (!uid) return [fieldInvalid(at, uid, "must not be empty")];
      if (seen.has(uid)) return [fieldDuplicate(at, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** Conditions and times that contradict one another. */
function validateTimes({ now, has, changed }: Change): FieldError[] {
  const { startTime, completionTime } = now;
  const at = "status.completionTime";
  const errors: FieldError[] = [];
  const complete = has(now, "Complete");
  const conditions = (detail: string) => errors.push(fieldInvalid(CONDITIONS, omitValue, detail));
  if (changed("Complete", "Failed") && complete && has(now, "Failed")) {
    conditions("cannot set Complete=True and Failed=true conditions");
  }
  if (changed("Complete", "FailureTarget") && complete && has(now, "FailureTarget")) {
    conditions("cannot set Complete=True and FailureTarget=true conditions");
  }
  if (changed("Complete", "completionTime")) {
    if (completionTime !== undefined && !complete) {
      const detail = "cannot set completionTime when there is no Complete=True condition";
      errors.push(fieldInvalid(at, completionTime, detail));
    }
    if (completionTime === undefined && complete) {
      errors.push(fieldRequired(at, "completionTime is required for Complete jobs"));
    }
  }
  if (changed("startTime", "completionTime") && timeOf(completionTime) < timeOf(startTime)) {
    errors.push(fieldInvalid(at, completionTime, "must be equal to or after `startTime`"));
  }
  if (changed("Failed", "failedIndexes") && has(now, "Failed") && !has(now, "FailureTarget")) {
    conditions("cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (changed("Complete", "SuccessCriteriaMet") && complete && !has(now, "SuccessCriteriaMet")) {
    conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
  return errors;
}

/** What a finished Job must not have. */
function validateFinished({ spec, now, has, changed }: Change): FieldError[] {
  if (!has(now, "finished")) return [];
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = now;
  const errors: FieldError[] = [];
  if (changed("finished", "active") && active > 0) {
    errors.push(fieldInvalid("status.active", active, "active>0 is invalid for finished job"));
  }
  const neverStarted = spec.suspend === true && spec.completions === 0;
  if (changed("finished", "startTime") && !neverStarted && startTime === undefined) {
    errors.push(fieldRequired("status.startTime", "startTime is required for finished job"));
  }
  const { succeeded = null, failed = null } = uncounted ?? {};
  const pods = (succeeded?.length ?? 0) + (failed?.length ?? 0);
  if (changed("finished", "uncountedTerminatedPods") && pods > 0) {
    const value = { Succeeded: succeeded, Failed: failed };
    errors.push(fieldInvalid("status.uncountedTerminatedPods", value, "must be empty for finished job"));
  }
  return errors;
}

function validateIndexes({ spec, now, changed }: Change): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const { completedIndexes = "", failedIndexes } = now;
  const errors: FieldError[] = [];
  const check = (name: "completedIndexes" | "failedIndexes", text: string) => {
    try {
      countIndexes(text, completions ?? 0);
    } catch (error) {
      errors.push(fieldInvalid(`status.${name}`, text, `error parsing ${name}: ${(error as Error).message}`));
    }
  };
  const completedChanged = changed("completedIndexes");
  const failedChanged = changed("failedIndexes");
  if (completedChanged && completions !== undefined) check("completedIndexes", completedIndexes);
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) {
    check("failedIndexes", failedIndexes);
  }
  if (completedChanged && completedIndexes && completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    errors.push(fieldInvalid("status.completedIndexes", completedIndexes, detail));
  }
  if (failedIndexes === undefined) return errors;
  if (failedChanged && backoffLimitPerIndex === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    errors.push(fieldInvalid("status.failedIndexes", failedIndexes, detail));
  }
  if ((failedChanged || completedChanged) && completions !== undefined) {
    const index = firstOverlap(completedIndexes, failedIndexes, completions);
    const detail = `failedIndexes and completedIndexes overlap at index: ${index}`;
    if (index !== undefined) errors.push(fieldInvalid("status.failedIndexes", failedIndexes, detail));
  }
  return errors;
}

function validatePodCounts({ now, has, changed }: Change): FieldError[] {
  const { terminating = 0, ready, active = 0 } = now;
  const errors: FieldError[] = [];
  if (changed("finished", "terminating") && terminating > 0 && has(now, "finished")) {
    errors.push(fieldInvalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  }
  if (changed("ready", "active") && ready !== undefined && ready > active) {
    errors.push(fieldInvalid("status.ready", ready, "cannot set more ready pods than active"));
  }
  return errors;
}

function validateSuccess({ spec, now, has }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (detail: string) => errors.push(fieldInvalid(CONDITIONS, omitValue, detail));
  const met = has(now, "SuccessCriteriaMet");
  if (met && has(now, "Failed")) wrong("cannot set SuccessCriteriaMet=True and Failed=true conditions");
  if (met && has(now, "FailureTarget")) wrong("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  if (spec.successPolicy && !met && has(now, "Complete")) {
    wrong("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  }
  return errors;
}

/** What was reached stays reached. */
function validateProgress({ spec, now, old, has, changed }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (detail: string) => errors.push(fieldInvalid(CONDITIONS, omitValue, detail));
  for (const condition of ["Failed", "Complete", "FailureTarget"] as const) {
    if (has(old, condition) && !has(now, condition)) wrong(`cannot disable the terminal ${condition}=True condition`);
  }
  if ((now.failed ?? 0) < (old.failed ?? 0)) {
    errors.push(fieldInvalid("status.failed", now.failed ?? 0, "cannot decrease the failed counter"));
  }
  // An Indexed Job that scales down forgets indexes.
  const elastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!elastic && (now.succeeded ?? 0) < (old.succeeded ?? 0)) {
    errors.push(fieldInvalid("status.succeeded", now.succeeded ?? 0, "cannot decrease the succeeded counter"));
  }
  const { completionTime, startTime, conditions } = now;
  if (completionTime !== undefined && old.completionTime !== undefined && completionTime !== old.completionTime) {
    errors.push(fieldInvalid("status.completionTime", completionTime, "field is immutable"));
  }
  const resumed = conditions?.some(({ type, status }) => type === "Suspended" && status === "False") ?? false;
  const resuming = has(old, "Suspended") && resumed;
  if (changed("startTime") && !resuming && old.startTime !== undefined && !spec.suspend) {
    const detail = "field is immutable for unsuspended job once set";
    errors.push(fieldInvalid("status.startTime", startTime, detail));
  }
  const met = has(now, "SuccessCriteriaMet");
  const wasMet = has(old, "SuccessCriteriaMet");
  if (wasMet && !met) wrong("cannot disable the SuccessCriteriaMet=True condition");
  if (has(old, "Complete") && !wasMet && met) {
    wrong("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
  }
  return errors;
}

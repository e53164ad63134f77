import type { CronJob, CronJobSpec } from "../../../openapi/api/batch.v1.ts";
import { neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../meta/field-error.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { selectorForm } from "../apps/workload-validation.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { templateOptions, type ValidationOptions } from "../core/pod/validation-options.ts";
import { warnOfName } from "../core/pod/warnings.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { scheduleError } from "./cron-schedule.ts";
import { defaultJobTemplate, jobWarnings } from "./job.ts";
import { validateJobSpec } from "./job-spec-validation.ts";
import { validateTimeZone } from "./time-zone.ts";

/** The controller appends 11 characters to make the name of a Job, which is a label of its Pods. */
const MAX_NAME = 52;

/** CronJob, batch/v1. Follows pkg/registry/batch/cronjob and pkg/apis/batch/{v1,validation}. */
export const cronJob = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  defaults({ spec }) {
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultJobTemplate(spec.jobTemplate.spec);
  },
  prepareForCreate(obj) {
    obj.status = {};
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.jobTemplate.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.jobTemplate.spec.template, old.spec.jobTemplate.spec.template);
    bumpGeneration(obj, old);
  },
  validate({ metadata, spec }) {
    const { name = "" } = metadata;
    const errors = validateSpec(spec, undefined, {});
    if (name.length <= MAX_NAME) return errors;
    return [...errors, fieldInvalid("metadata.name", name, `must be no more than ${MAX_NAME} characters`)];
  },
  validateUpdate: ({ spec }, old) => validateSpec(spec, old.spec, templateOptions(old.spec.jobTemplate.spec.template)),
  warnings({ metadata, spec }, old) {
    const unchanged = old && metadata.generation === old.metadata.generation;
    return [
      ...(old ? [] : warnOfName(metadata.name, "Pod names and hostnames")),
      ...(unchanged ? [] : jobWarnings(spec.jobTemplate.spec, "spec.jobTemplate.spec")),
      ...(old && spec.schedule.includes("TZ")
        ? [
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
          ]
        : []),
    ];
  },
  subresources: {
    status: { verbs: ["get", "patch", "update"], ...status<CronJob>(), updateChecks: [] },
  },
});

/** (validateCronJobSpec) */
function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined, options: ValidationOptions): FieldError[] {
  const { schedule, timeZone, concurrencyPolicy, jobTemplate } = spec;
  const { selector, manualSelector } = jobTemplate.spec;
  const errors = schedule ? validateSchedule(spec, old) : [fieldRequired("spec.schedule", "")];
  errors.push(...validateNonNegative(spec.startingDeadlineSeconds ?? 0, "spec.startingDeadlineSeconds"));
  if (!old || old.timeZone !== timeZone) errors.push(...validateTimeZone(timeZone, "spec.timeZone"));
  errors.push(
    ...neededOneOf(concurrencyPolicy, ["Allow", "Forbid", "Replace"], "spec.concurrencyPolicy"),
    ...validateJobSpec(jobTemplate.spec, "spec.jobTemplate.spec", options),
  );
  const at = "spec.jobTemplate.spec";
  if (selector)
    errors.push(fieldInvalid(`${at}.selector`, selectorForm(selector), "`selector` will be auto-generated"));
  if (manualSelector) errors.push(fieldNotSupported(`${at}.manualSelector`, manualSelector, ["nil", "false"]));
  return [
    ...errors,
    ...validateNonNegative(spec.successfulJobsHistoryLimit ?? 0, "spec.successfulJobsHistoryLimit"),
    ...validateNonNegative(spec.failedJobsHistoryLimit ?? 0, "spec.failedJobsHistoryLimit"),
  ];
}

/** A time zone inside the schedule is let pass where it was before there was a field for it. */
function validateSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const field = "spec.schedule";
  const wrong = scheduleError(schedule);
  const errors = wrong === undefined ? [] : [fieldInvalid(field, schedule, wrong)];
  if (!schedule.includes("TZ")) return errors;
  if (!old?.schedule.includes("TZ")) {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    return [...errors, fieldInvalid(field, schedule, detail)];
  }
  if (timeZone === undefined) return errors;
  return [...errors, fieldInvalid(field, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")];
}

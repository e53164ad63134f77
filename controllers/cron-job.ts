import {
  type Action,
  controllerOf,
  defineController,
  isAlreadyExists,
  isNamespaceTerminating,
  type Key,
  type Lister,
  timestamp,
} from "../client/index.ts";
import type { CronJob, Job } from "../openapi/api/batch.v1.ts";
import type { ObjectReference } from "../openapi/api/core.v1.ts";
import { latestDue, parseSchedule } from "./cron-schedule.ts";
import { deepEqual } from "./equality.ts";
import { finishedCondition } from "./job/conditions.ts";
import { controllerRef } from "./owner.ts";
import { messageOf, tell } from "./pod-control.ts";

const RESOURCE = "batch/v1/cronjobs";
const JOBS = "batch/v1/jobs";
const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** After the time itself, so that a timer that is early does not find it in the future. (nextScheduleDelta) */
const DELTA_MS = 100;

interface Listers {
  cronJobs: Lister<CronJob>;
  jobs: Lister<Job>;
}

type View = Readonly<CronJob>;

/** Makes a Job at each time of the schedule. Follows pkg/controller/cronjob. */
export function reconcile(key: Key, { cronJobs, jobs }: Listers, now: Date): Action[] {
  const cronJob = cronJobs.get(key);
  if (!cronJob) return [];
  const children = jobs.ownedBy(cronJob.metadata.uid ?? "");
  const { active, lastSuccessfulTime, events } = takeStock(cronJob, children);
  const history = pruneHistory(cronJob, children);
  const base = { ...cronJob.status, active: active.length ? active : undefined, lastSuccessfulTime };
  const write = (status: CronJob["status"]): Action[] => {
    const isSame = deepEqual(cronJob.status, status);
    return isSame ? [] : [{ do: "updateStatus", resource: RESOURCE, object: { ...cronJob, status } as CronJob }];
  };
  const rest = [...events, ...history];
  if (cronJob.metadata.deletionTimestamp) return [...rest, ...write(base)];
  const { timeZone } = cronJob.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return [...rest, tell(cronJob, "Warning", "UnknownTimeZone", message), ...write(base)];
  }
  if (cronJob.spec.suspend) return [...rest, ...write(base)];
  const due = schedule(cronJob, now);
  if ("problem" in due) return [...rest, ...due.problem, ...write(base)];
  const again: Action[] = due.nextMs === undefined ? [] : [{ do: "requeue", afterMs: due.nextMs + DELTA_MS }];
  const { time } = due;
  const wait = [...rest, ...due.events, ...write(base), ...again];
  if (!time || timestamp(time) === cronJob.status.lastScheduleTime) return wait;
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  if (startingDeadlineSeconds !== undefined && time.getTime() + startingDeadlineSeconds * 1000 < now.getTime()) {
    const message = `Missed scheduled time to start a job: ${time.toUTCString().replace("GMT", "+0000")}`;
    return [tell(cronJob, "Warning", "MissSchedule", message), ...wait];
  }
  const name = `${cronJob.metadata.name}-${Math.floor(time.getTime() / 60_000)}`;
  if (active.some((one) => one.name === name)) return wait;
  if (concurrencyPolicy === "Forbid" && active.length) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    return [tell(cronJob, "Normal", "JobAlreadyActive", message), ...wait];
  }
  const replaced =
    concurrencyPolicy === "Replace" ? children.filter((job) => active.some(({ uid }) => uid === job.metadata.uid)) : [];
  return [
    ...rest,
    ...due.events,
    ...replaced.flatMap((job) => removeJob(cronJob, job)),
    {
      do: "batch",
      actions: [{ do: "create", resource: JOBS, object: jobFor(cronJob, name, time) }],
      after([result]) {
        const writeDown = (job: Job) => {
          const started = [...(replaced.length ? [] : active), referenceTo(job)];
          return [...write({ ...base, active: started, lastScheduleTime: timestamp(time) }), ...again];
        };
        if (result?.ok)
          return [
            tell(cronJob, "Normal", "SuccessfulCreate", `Created job ${name}`),
            ...writeDown(result.object as Job),
          ];
        const error = result?.error;
        if (isAlreadyExists(error)) return [adopted(cronJob, name, writeDown)];
        if (isNamespaceTerminating(error)) return [{ do: "fail", error }];
        return [
          tell(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`),
          { do: "fail", error },
        ];
      },
    },
  ];
}

/** Ours when it was made before a crash and not written down; of somebody else's nothing is known. */
function adopted({ metadata }: View, name: string, writeDown: (job: Job) => Action[]): Action {
  const object = { metadata: { name, namespace: metadata.namespace } };
  return {
    do: "batch",
    actions: [{ do: "get", resource: JOBS, object }],
    after([result]) {
      if (!result?.ok) return [{ do: "fail", error: result?.error ?? new Error("gave up") }];
      const job = result.object as Job;
      return controllerOf(job)?.uid === metadata.uid ? writeDown(job) : [];
    },
  };
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: "batch/v1", kind: "Job", namespace, name, uid, resourceVersion };
}

/** Which Jobs still run, and what became of those that did. */
function takeStock(cronJob: View, children: readonly Readonly<Job>[]) {
  let active = [...(cronJob.status.active ?? [])];
  let { lastSuccessfulTime } = cronJob.status;
  const events: Action[] = [];
  for (const job of children) {
    const finished = finishedCondition(job);
    const isListed = active.some(({ uid }) => uid === job.metadata.uid);
    if (!finished) {
      if (isListed) continue;
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      events.push(tell(cronJob, "Warning", "UnexpectedJob", message));
      continue;
    }
    if (isListed) {
      active = active.filter(({ uid }) => uid !== job.metadata.uid);
      const message = `Saw completed job: ${job.metadata.name}, condition: ${finished.type}`;
      events.push(tell(cronJob, "Normal", "SawCompletedJob", message));
    }
    const completed = job.status.completionTime;
    if (finished.type === "Complete" && completed && completed > (lastSuccessfulTime ?? ""))
      lastSuccessfulTime = completed;
  }
  for (const { uid, name } of [...active]) {
    if (children.some(({ metadata }) => metadata.uid === uid)) continue;
    active = active.filter((one) => one.uid !== uid);
    events.push(tell(cronJob, "Normal", "MissingJob", `Active job went missing: ${name}`));
  }
  return { active, lastSuccessfulTime, events };
}

const ODD =
  "is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

type Due = { problem: Action[] } | { time?: Date; nextMs?: number; events: Action[] };

/** The latest time of the schedule that is due, and how long until the next. (nextScheduleTime) */
function schedule(cronJob: View, now: Date): Due {
  const { timeZone, startingDeadlineSeconds } = cronJob.spec;
  const text = cronJob.spec.schedule;
  const odd = text.includes("TZ")
    ? [tell(cronJob, "Warning", "UnsupportedSchedule", `CRON_TZ or TZ used in schedule ${JSON.stringify(text)} ${ODD}`)]
    : [];
  const parsed = parseSchedule(text, timeZone ?? "UTC");
  if (typeof parsed === "string") {
    const message = `unparseable schedule: ${JSON.stringify(text)} : ${parsed}`;
    return { problem: [...odd, tell(cronJob, "Warning", "UnparseableSchedule", message)] };
  }
  const since = cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp;
  const earliest = Date.parse(since ?? "") || now.getTime();
  const deadline = startingDeadlineSeconds === undefined ? 0 : now.getTime() - startingDeadlineSeconds * 1000;
  const due = latestDue(parsed, new Date(Math.max(earliest, deadline)), now);
  if (!due) {
    const message = `invalid schedule: ${text} : time difference between two schedules is less than 1 second`;
    return { problem: [...odd, tell(cronJob, "Warning", "InvalidSchedule", message)] };
  }
  const { time, many } = due;
  const next = parsed.next(time ?? new Date(earliest));
  // Where the deadline has hidden one, the next may be in the past.
  const following = next && next > now ? next : parsed.next(now);
  const message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
  const events = many ? [...odd, tell(cronJob, "Warning", "TooManyMissedTimes", message)] : odd;
  return {
    ...(time && { time }),
    ...(following && { nextMs: following.getTime() - now.getTime() }),
    events,
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function jobFor(cronJob: View, name: string, time: Date): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels && { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED]: zoned(time, cronJob.spec.timeZone) },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: structuredClone(spec),
    status: {},
  };
}

/** RFC 3339 in the schedule's own zone, as Go prints a time that has one. */
function zoned(time: Date, timeZone: string | undefined): string {
  if (!timeZone) return timestamp(time);
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const local = format.format(time).replace(" ", "T");
  const minutes = Math.round((Date.parse(`${local}Z`) - time.getTime()) / 60_000);
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return minutes
    ? `${local}${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
    : `${local}Z`;
}

/** Sorts behind all times: a Job that never started counts as the newest. (byJobStartTime) */
const LAST = "~";

/** Finished Jobs beyond the limits, oldest first. */
function pruneHistory(cronJob: View, children: readonly Readonly<Job>[]): Action[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const limits = [
    ["Complete", successfulJobsHistoryLimit],
    ["Failed", failedJobsHistoryLimit],
  ] as const;
  return limits.flatMap(([type, limit]) => {
    if (limit === undefined) return [];
    const text = ({ metadata, status }: Readonly<Job>) => `${status.startTime ?? LAST}\0${metadata.name}`;
    const finished = children
      .filter((job) => finishedCondition(job)?.type === type && !job.metadata.deletionTimestamp)
      .sort((a, b) => (text(a) < text(b) ? -1 : 1));
    return finished.slice(0, Math.max(0, finished.length - limit)).flatMap((job) => removeJob(cronJob, job));
  });
}

function removeJob(cronJob: View, job: Readonly<Job>): Action[] {
  return [
    {
      do: "batch",
      actions: [{ do: "delete", resource: JOBS, object: job, options: { propagationPolicy: "Background" } }],
      after: ([result]) =>
        !result || result.ok
          ? [tell(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${job.metadata.name}`)]
          : [
              tell(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(result.error)}`),
              { do: "fail", error: result.error },
            ],
    },
  ];
}

export const cronJobController = defineController<Listers>({
  name: "cronjob-controller",
  watches: { for: RESOURCE, owns: [JOBS] },
  listers: (get) => ({ cronJobs: get(RESOURCE), jobs: get(JOBS) }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});

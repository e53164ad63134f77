import {
  type Action,
  controllerOf,
  defineController,
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
import { deepEqual } from "../equality.ts";
import { claim } from "../owner.ts";
import { createPods, deletePods, messageOf, tell } from "../pod-control.ts";
import { isActive, isFinished, isReady, isTerminating } from "../pods.ts";
import { finishedCondition, newCondition, verdict } from "./conditions.ts";
import { formatIndexes, indexOf, parseIndexes } from "./indexes.ts";
import { finishedAtMs, isIndexed, isTracked, jobPod, TRACKING } from "./pods.ts";

const RESOURCE = "batch/v1/jobs";
/** Pods made or deleted in one round. (MaxPodCreateDeletePerSync) */
const BURST = 500;
/** After failures in a row: this, then twice as long each time. */
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 10 * 60_000;
const MANAGED_BY = "kubernetes.io/job-controller";

type View = Readonly<Job>;
type AnyPod = Readonly<Pod>;
interface Listers {
  jobs: Lister<Job>;
  pods: Lister<Pod>;
}

/**
 * Runs Pods until enough of them have succeeded. A finished Pod is counted in three rounds, so that it is counted once
 * whatever crashes: its uid is written down, its finalizer is taken away, its uid becomes part of a number. Follows
 * pkg/controller/job.
 */
export function reconcile(key: Key, { jobs, pods }: Listers, { now }: Pick<ReconcileContext, "now">): Action[] {
  const { namespace } = splitKey(key);
  const job = jobs.get(key);
  if (!job) return [];
  if (job.spec.managedBy && job.spec.managedBy !== MANAGED_BY) return [];
  const { owned, actions } = claim(job, "v1/pods", pods.byNamespace(namespace), ({ metadata }) =>
    matchesSelector(job.spec.selector, metadata.labels),
  );
  if (finishedCondition(job)) return [...actions, ...untrack(owned.filter(isFinished))];
  const unsupported = unsupportedField(job);
  if (unsupported)
    return [tell(job, "Warning", "UnsupportedField", `${unsupported} is not supported by this job controller`)];

  const uncounted = job.status.uncountedTerminatedPods ?? {};
  const written = new Set([...(uncounted.succeeded ?? []), ...(uncounted.failed ?? [])]);
  const ended = owned.filter((pod) => isTracked(pod) && hasEnded(job, pod));
  const isNew = (pod: AnyPod) => !written.has(pod.metadata.uid ?? "");
  const known = parseIndexes(job.status.completedIndexes);
  const succeededPods = ended.filter(({ status }) => status.phase === "Succeeded");
  const failedPods = ended.filter(({ status }) => status.phase !== "Succeeded");
  const indexes = new Set([
    ...known,
    ...(succeededPods.map(indexOf).filter((i) => i !== undefined && i < (job.spec.completions ?? 0)) as number[]),
  ]);
  const uidOf = ({ metadata }: AnyPod) => metadata.uid ?? "";
  // Whose finalizer is gone are counted; the others wait, newly ended ones among them.
  const open = new Set(ended.map(uidOf));
  const stay = (uids: string[] | undefined) => (uids ?? []).filter((uid) => open.has(uid));
  const waiting = {
    succeeded: isIndexed(job) ? [] : [...stay(uncounted.succeeded), ...succeededPods.filter(isNew).map(uidOf)],
    failed: [...stay(uncounted.failed), ...failedPods.filter(isNew).map(uidOf)],
  };
  const counted = {
    succeeded: isIndexed(job)
      ? indexes.size
      : (job.status.succeeded ?? 0) + (uncounted.succeeded ?? []).length - stay(uncounted.succeeded).length,
    failed: (job.status.failed ?? 0) + (uncounted.failed ?? []).length - stay(uncounted.failed).length,
  };
  const active = owned.filter(isActive);
  const totals = {
    succeeded: isIndexed(job) ? indexes.size : counted.succeeded + waiting.succeeded.length,
    failed: counted.failed + waiting.failed.length,
    active: active.length,
  };

  const suspended = !!job.spec.suspend;
  let conditions = [...(job.status.conditions ?? [])];
  const events: Action[] = [];
  const started = { ...job, status: { ...job.status, startTime: job.status.startTime ?? timestamp(now) } };
  const decided = job.metadata.deletionTimestamp ? undefined : verdict(started, totals, now);
  const plan: Plan = decided ? { create: [], remove: active } : planPods(job, active, owned, indexes, totals, now);
  if (decided && !conditions.some(({ type, status }) => type === decided.type && status === "True"))
    conditions.push(decided);
  if (!decided) {
    const suspension = suspend(job, suspended, now);
    if (suspension) {
      conditions = [...conditions.filter(({ type }) => type !== "Suspended"), suspension.condition];
      events.push(suspension.event);
    }
  }
  const terminating = owned.filter(isTerminating).length;
  const isThrough =
    decided && !active.length && !terminating && !waiting.succeeded.length && !waiting.failed.length && !ended.length;
  if (isThrough) {
    const done = decided.type === "SuccessCriteriaMet" ? "Complete" : "Failed";
    conditions.push(newCondition(done, "True", decided.reason ?? "", decided.message ?? "", now));
    events.push(...finishEvents(job, done, decided, totals.succeeded));
  }

  const startTime = suspended ? undefined : (job.status.startTime ?? timestamp(now));
  const statusWith = (created: number, removed: number): JobStatus => ({
    ...job.status,
    ...(conditions.length ? { conditions } : {}),
    startTime,
    ...(isThrough && decided.type === "SuccessCriteriaMet" && { completionTime: timestamp(now) }),
    active: active.length + created - removed || undefined,
    ready: active.filter(isReady).length - plan.remove.slice(0, removed).filter(isReady).length,
    terminating: terminating + plan.remove.slice(0, removed).filter(({ spec }) => !!spec.nodeName).length,
    succeeded: counted.succeeded || undefined,
    failed: counted.failed || undefined,
    ...(isIndexed(job) && indexes.size > 0 && { completedIndexes: formatIndexes(indexes) }),
    uncountedTerminatedPods: {
      ...(waiting.succeeded.length && { succeeded: waiting.succeeded }),
      ...(waiting.failed.length && { failed: waiting.failed }),
    },
  });
  const write = (created: number, removed: number): Action[] => {
    const status = statusWith(created, removed);
    const isSame = deepEqual(job.status, status);
    return isSame ? [] : [{ do: "updateStatus", resource: RESOURCE, object: { ...job, status } as Job }];
  };
  const { deletionTimestamp } = job.metadata;
  // Its uid is in the status that the cache shows: now the finalizer may go.
  const release = isIndexed(job)
    ? ended.filter((pod) => written.has(uidOf(pod)) || known.has(indexOf(pod) ?? -1))
    : ended.filter((pod) => !isNew(pod));
  const pending = plan.retryMs === undefined ? [] : [{ do: "requeue", afterMs: plan.retryMs } as const];
  const work: Action[] =
    plan.create.length && !deletionTimestamp
      ? createPods(job, plan.create, (error) => write(error ? 0 : plan.create.length, 0))
      : plan.remove.length && !deletionTimestamp
        ? deletePods(job, plan.remove, (error) => write(0, error ? 0 : plan.remove.length))
        : write(0, 0);
  return [...actions, ...untrack(release), ...work, ...events, ...pending, ...deadline(job, decided, now)];
}

/** Said aloud instead of being ignored. */
function unsupportedField({ spec }: View): string | undefined {
  if (spec.podFailurePolicy) return "spec.podFailurePolicy";
  if (spec.successPolicy) return "spec.successPolicy";
  if (spec.backoffLimitPerIndex !== undefined) return "spec.backoffLimitPerIndex";
  return undefined;
}

/** A Pod that is being deleted counts as failed, at once or when it has really ended. */
function hasEnded({ spec }: View, pod: AnyPod): boolean {
  if (isFinished(pod)) return true;
  return pod.metadata.deletionTimestamp !== undefined && spec.podReplacementPolicy !== "Failed";
}

function untrack(pods: readonly AnyPod[]): Action[] {
  const tracked = pods.filter(isTracked);
  if (!tracked.length) return [];
  return [
    {
      do: "batch",
      actions: tracked.map((object) => {
        const finalizers = object.metadata.finalizers?.filter((one) => one !== TRACKING) ?? [];
        const patch = { metadata: { uid: object.metadata.uid, finalizers: finalizers.length ? finalizers : null } };
        return { do: "patch", resource: "v1/pods", object, type: "merge", patch } as const;
      }),
      // One that is gone needs no release any more.
      after: () => [],
    },
  ];
}

interface Plan {
  create: Pod[];
  remove: readonly AnyPod[];
  retryMs?: number;
}

/** Pods to make or to take away, so that parallelism and completions are met. (manageJob) */
function planPods(
  job: View,
  active: readonly AnyPod[],
  owned: readonly AnyPod[],
  done: ReadonlySet<number>,
  totals: { succeeded: number },
  now: Date,
): Plan {
  const { parallelism = 1, completions, suspend: suspended } = job.spec;
  if (suspended) return { create: [], remove: active };
  const wanted =
    completions === undefined
      ? totals.succeeded > 0
        ? active.length
        : parallelism
      : Math.max(0, Math.min(parallelism, completions - totals.succeeded));
  const stale = isIndexed(job) ? duplicates(active, done) : [];
  const surplus = active.length - stale.length - wanted;
  const rest = active.filter((pod) => !stale.includes(pod));
  // Those that are not ready go first, then the young.
  const order = (pod: AnyPod) => `${isReady(pod) ? 1 : 0}${pod.spec.nodeName ? 1 : 0}`;
  const extra = [...rest].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, Math.max(0, surplus));
  if (stale.length || extra.length) return { create: [], remove: [...stale, ...extra].slice(0, BURST) };
  const waitsForEnd = job.spec.podReplacementPolicy === "Failed" ? owned.filter(isTerminating).length : 0;
  const missing = Math.min(-surplus - waitsForEnd, BURST);
  if (missing <= 0) return { create: [], remove: [] };
  const wait = backoffLeft(owned, now);
  if (wait > 0) return { create: [], remove: [], retryMs: wait };
  if (!isIndexed(job)) return { create: Array.from({ length: missing }, () => jobPod(job, undefined)), remove: [] };
  const busy = new Set(active.map(indexOf));
  const free = Array.from({ length: completions ?? 0 }, (_, i) => i).filter((i) => !done.has(i) && !busy.has(i));
  return { create: free.slice(0, missing).map((index) => jobPod(job, index)), remove: [] };
}

/** Pods of an index that is done, or that another Pod works on. */
function duplicates(active: readonly AnyPod[], done: ReadonlySet<number>): AnyPod[] {
  const seen = new Set<number>();
  return active.filter((pod) => {
    const index = indexOf(pod);
    if (index === undefined || done.has(index) || seen.has(index)) return true;
    seen.add(index);
    return false;
  });
}

/** Milliseconds to wait after failures since the last success. */
function backoffLeft(owned: readonly AnyPod[], now: Date): number {
  const lastSuccess = Math.max(0, ...owned.filter(({ status }) => status.phase === "Succeeded").map(finishedAtMs));
  const failures = owned
    .filter(({ status }) => status.phase === "Failed")
    .map(finishedAtMs)
    .filter((at) => at > lastSuccess);
  if (!failures.length) return 0;
  const wait = Math.min(FIRST_BACKOFF_MS * 2 ** (failures.length - 1), LONGEST_BACKOFF_MS);
  return Math.max(...failures) + wait - now.getTime();
}

function suspend(job: View, suspended: boolean, now: Date): { condition: JobCondition; event: Action } | undefined {
  const known = job.status.conditions?.find(({ type }) => type === "Suspended");
  if (suspended && known?.status !== "True") {
    const condition = newCondition("Suspended", "True", "JobSuspended", "Job suspended", now);
    return { condition, event: tell(job, "Normal", "Suspended", "Job suspended") };
  }
  if (suspended || known?.status !== "True") return undefined;
  const condition = newCondition("Suspended", "False", "JobResumed", "Job resumed", now);
  return { condition, event: tell(job, "Normal", "Resumed", "Job resumed") };
}

function finishEvents(job: View, type: "Complete" | "Failed", condition: JobCondition, succeeded: number): Action[] {
  if (type === "Failed") return [tell(job, "Warning", condition.reason ?? "", messageOf(condition.message))];
  const events = [tell(job, "Normal", "Completed", "Job completed")];
  if (job.spec.completions === undefined || succeeded <= job.spec.completions) return events;
  const message = "Too many succeeded pods running after completion count reached";
  return [tell(job, "Warning", "TooManySucceededPods", message), ...events];
}

function deadline({ spec, status }: View, decided: JobCondition | undefined, now: Date): Action[] {
  if (decided || spec.suspend || spec.activeDeadlineSeconds === undefined) return [];
  const started = Date.parse(status.startTime ?? timestamp(now));
  return [{ do: "requeue", afterMs: Math.max(0, started + spec.activeDeadlineSeconds * 1000 - now.getTime()) + 1 }];
}

export const jobController = defineController<Listers>({
  name: "job-controller",
  watches: {
    for: RESOURCE,
    owns: ["v1/pods"],
    maps: [
      mapping("v1/pods", (pod, { jobs }: Listers) =>
        controllerOf(pod)
          ? []
          : jobs
              .byNamespace(pod.metadata.namespace ?? "")
              .filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
              .map(keyOf),
      ),
    ],
  },
  listers: (get) => ({ jobs: get(RESOURCE), pods: get("v1/pods") }),
  reconcile,
});

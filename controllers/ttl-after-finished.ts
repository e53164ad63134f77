import { type Action, defineController, type Key, type Lister } from "../client/index.ts";
import type { Job } from "../openapi/api/batch.v1.ts";

/** Deletes finished Jobs after their spec.ttlSecondsAfterFinished. Follows pkg/controller/ttlafterfinished. */
export function reconcile(key: Key, { jobs }: { jobs: Lister<Job> }, now: Date): Action[] {
  const job = jobs.get(key);
  const ttl = job?.spec.ttlSecondsAfterFinished;
  if (!job || ttl === undefined || job.metadata.deletionTimestamp) return [];
  const finished = job.status.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  if (!finished?.lastTransitionTime) return [];
  const left = Date.parse(finished.lastTransitionTime) + ttl * 1000 - now.getTime();
  if (left > 0) return [{ do: "requeue", afterMs: left }];
  return [{ do: "delete", resource: "batch/v1/jobs", object: job, options: { propagationPolicy: "Foreground" } }];
}

export const ttlAfterFinishedController = defineController<{ jobs: Lister<Job> }>({
  name: "ttl-after-finished-controller",
  watches: { for: "batch/v1/jobs" },
  listers: (get) => ({ jobs: get("batch/v1/jobs") }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});

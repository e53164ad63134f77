import type { Pod } from "../../openapi/api/core.v1.ts";
import { podCondition } from "../pods.ts";

/** After failures in a row: this, then twice as long each time. (DefaultJobPodFailureBackOff, Max…) */
const FIRST_MS = 10_000;
const LONGEST_MS = 10 * 60_000;

/** Failures since the last success, of one Job. Kept in memory: a new controller starts from the Pods it has not counted. */
export interface Backoff {
  failures: number;
  lastFailureMs: number;
}

/**
 * When a Pod ended: by its containers, else by its Ready condition, else by its deletion, else by its creation.
 * Milliseconds. (getFinishedTime)
 */
export function finishedAtMs({ metadata, spec, status }: Readonly<Pod>): number {
  const sidecars = new Set(
    spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name),
  );
  const statuses = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  const times = statuses.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? "") || 0);
  if (times.length && times.every(Boolean)) return Math.max(...times);
  const ready = podCondition({ metadata, spec, status }, "Ready");
  if (ready?.status === "False" && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  if (metadata.deletionTimestamp)
    return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}

/** The record after more Pods have ended: a success forgets the failures before it. (backoffStore.newBackoffRecord) */
export function nextBackoff(
  known: Backoff | undefined,
  succeeded: readonly Readonly<Pod>[],
  failed: readonly Readonly<Pod>[],
): Backoff {
  const lastSuccess = Math.max(...succeeded.map(finishedAtMs));
  const times = failed.map(finishedAtMs).filter((at) => at > lastSuccess);
  const before = succeeded.length ? undefined : known;
  return {
    failures: (before?.failures ?? 0) + times.length,
    lastFailureMs: times.length ? Math.max(...times) : (before?.lastFailureMs ?? 0),
  };
}

/** Milliseconds until the next Pod may be made; 0 when it may. */
export function backoffLeftMs({ failures, lastFailureMs }: Backoff, now: Date): number {
  if (!failures) return 0;
  const wait = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return Math.max(0, lastFailureMs + wait - now.getTime());
}

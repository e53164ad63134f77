import type { Pod } from "../openapi/api/core.v1.ts";

/** A Pod on its way. */
export interface QueuedPod {
  pod: Pod;
  /** Attempts so far. */
  attempts: number;
  /** When the first of them and the last of them began, ms. */
  firstAttemptAt?: number;
  startedAt?: number;
  /** How often it was refused, and how often in a row something went wrong: the pause grows with them. */
  refusals: number;
  errors: number;
  /** When it came into the queue first, or anew after a failure, ms. */
  since: number;
  /** Plugins that refused it last; empty after an error that was nobody's refusal. */
  refusedBy: ReadonlySet<string>;
}

/** Where a Pod waits. */
export type Place = "active" | "backoff" | "unschedulable" | "gated";

/** A Pod in a queue. */
export interface Entry {
  readonly item: QueuedPod;
  place: Place;
  /** End of its pause, ms. */
  readonly notBefore: number;
}

/** By priority, then age. (queuesort/priority_sort.go) */
export const before = ({ item: a }: Entry, { item: b }: Entry) =>
  (a.pod.spec.priority ?? 0) !== (b.pod.spec.priority ?? 0)
    ? (a.pod.spec.priority ?? 0) > (b.pod.spec.priority ?? 0)
    : a.since < b.since;

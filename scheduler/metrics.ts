import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Clock, exponentialBuckets } from "../client/index.ts";
import type { SchedulingQueue } from "./queue.ts";
import type { QueuedPod } from "./queued-pod.ts";

/** What the scheduler counts, under upstream's names. (pkg/scheduler/metrics) */
export interface SchedulerMetrics {
  /** A node was found for it. */
  decided(item: QueuedPod): void;
  /** It is bound. */
  bound(item: QueuedPod): void;
  /** An attempt has ended without a node. */
  failed(item: QueuedPod, reason: "Unschedulable" | "SchedulerError"): void;
  /** A Pod came into a queue. @param event what brought it there */
  queued(queue: string, event: string): void;
  /** Room was looked for by evicting Pods. */
  preempted(): void;
  /** Pods are being evicted. */
  evicted(victims: number): void;
  /** Says what is looked up when metrics are asked for. */
  observe(state: ObservedState): void;
}

interface ObservedState {
  readonly queue: Pick<SchedulingQueue, "pending" | "waiting">;
  cacheSize(): { readonly nodes: number; readonly pods: number; readonly assumed: number };
}

/** Attempts beyond these are not told apart. (getAttemptsLabel) */
const MANY = 15;
const profileOf = ({ pod }: QueuedPod) => pod.spec.schedulerName ?? "";

export function createSchedulerMetrics(registry: Registry, clock: Clock): SchedulerMetrics {
  const named = (name: string, help: string, labelNames: string[] = []) => ({
    ...{ name: `scheduler_${name}`, help, labelNames, registers: [registry] },
  });
  const [milliseconds, attemptLabels] = [exponentialBuckets(0.001, 2, 15), ["result", "profile"]];
  const attempts = new Counter(named("schedule_attempts_total", "Attempts to place Pods, by result.", attemptLabels));
  const attemptSeconds = new Histogram({
    ...named("scheduling_attempt_duration_seconds", "Seconds of an attempt, binding included.", attemptLabels),
    buckets: milliseconds,
  });
  const decisionSeconds = new Histogram({
    ...named("scheduling_algorithm_duration_seconds", "Seconds of a decision for a node."),
    buckets: milliseconds,
  });
  const incoming = new Counter(
    named("queue_incoming_pods_total", "Pods that came into a queue, by queue and event.", ["queue", "event"]),
  );
  const preemptions = new Counter(named("preemption_attempts_total", "Times that room was looked for by preemption."));
  const victims = new Histogram({
    ...named("preemption_victims", "Pods evicted for one Pod."),
    buckets: exponentialBuckets(1, 2, 7),
  });
  const podAttempts = new Histogram({
    ...named("pod_scheduling_attempts", "Attempts until a Pod was placed."),
    buckets: exponentialBuckets(1, 2, 5),
  });
  const podSeconds = new Histogram({
    ...named("pod_scheduling_sli_duration_seconds", "Seconds from a Pod's first attempt until it was placed.", [
      "attempts",
    ]),
    buckets: exponentialBuckets(0.01, 2, 20),
  });
  const secondsSince = (at = 0) => (clock.now().getTime() - at) / 1000;
  const attempted = (item: QueuedPod, result: "scheduled" | "unschedulable" | "error") => {
    const labels = { result, profile: profileOf(item) };
    attempts.inc(labels);
    attemptSeconds.observe(labels, secondsSince(item.startedAt));
  };
  return {
    decided: ({ startedAt }) => decisionSeconds.observe(secondsSince(startedAt)),
    bound(item) {
      attempted(item, "scheduled");
      podAttempts.observe(item.attempts);
      const label = item.attempts >= MANY ? `${MANY}+` : `${item.attempts}`;
      podSeconds.observe({ attempts: label }, secondsSince(item.firstAttemptAt));
    },
    failed: (item, reason) => attempted(item, reason === "Unschedulable" ? "unschedulable" : "error"),
    queued: (queue, event) => incoming.inc({ queue, event }),
    preempted: () => preemptions.inc(),
    evicted: (count) => victims.observe(count),
    observe({ queue, cacheSize }) {
      new Gauge({
        ...named("pending_pods", "Pods that wait, by queue.", ["queue"]),
        collect() {
          for (const [place, count] of Object.entries(queue.pending)) this.set({ queue: place }, count);
        },
      });
      new Gauge({
        ...named("unschedulable_pods", "Pods that wait, by plugin that refused them.", ["plugin", "profile"]),
        collect() {
          this.reset();
          for (const item of queue.waiting())
            for (const plugin of item.refusedBy) this.inc({ plugin, profile: profileOf(item) });
        },
      });
      new Gauge({
        ...named("cache_size", "Nodes, Pods and assumed Pods that the scheduler knows of.", ["type"]),
        collect() {
          const { nodes, pods, assumed } = cacheSize();
          this.set({ type: "nodes" }, nodes);
          this.set({ type: "pods" }, pods);
          this.set({ type: "assumed_pods" }, assumed);
        },
      });
    },
  };
}

import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "./clock.ts";

/** What a work queue tells of its items. */
export interface QueueMetrics {
  added(item: string): void;
  /** A worker has taken it. */
  taken(item: string): void;
  done(item: string): void;
  /** It comes again after a failure. */
  retried(): void;
}

/** Since when a queue's items wait, and since when they are worked on, in ms. */
interface Times {
  readonly waiting: ReadonlyMap<string, number>;
  readonly working: ReadonlyMap<string, number>;
}

/** From 10 ns to 10 s, as client-go's. */
const BUCKETS = Array.from({ length: 10 }, (_, n) => Number(`1e${n - 8}`));

/** Work queues' metrics, under upstream's names. (component-base/metrics/prometheus/workqueue, client-go/util/workqueue) */
export function queueMetrics(registry: Registry, clock: Clock): (name: string) => QueueMetrics {
  const registers = [registry];
  const labelNames = ["name"];
  /** By name, which several queues may have. */
  const queues = new Map<string, Times[]>();
  const now = () => clock.now().getTime();
  const gauge = (name: string, help: string, value: (name: string) => number) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        for (const name of queues.keys()) this.set({ name }, value(name));
      },
    });
  const ages = (name: string) =>
    (queues.get(name) ?? []).flatMap(({ working }) => [...working.values()]).map((at) => (now() - at) / 1000);

  gauge("workqueue_depth", "[BETA] Current depth of workqueue", (name) =>
    (queues.get(name) ?? []).reduce((sum, { waiting }) => sum + waiting.size, 0),
  );
  gauge(
    "workqueue_unfinished_work_seconds",
    "[BETA] How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    (name) => ages(name).reduce((sum, age) => sum + age, 0),
  );
  gauge(
    "workqueue_longest_running_processor_seconds",
    "[BETA] How many seconds has the longest running processor for workqueue been running.",
    (name) => Math.max(0, ...ages(name)),
  );
  const adds = new Counter({
    name: "workqueue_adds_total",
    help: "[BETA] Total number of adds handled by workqueue",
    labelNames,
    registers,
  });
  const retries = new Counter({
    ...{ name: "workqueue_retries_total", help: "[BETA] Total number of retries handled by workqueue", labelNames },
    registers,
  });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, registers, buckets: BUCKETS });
  const waited = histogram(
    "workqueue_queue_duration_seconds",
    "[BETA] How long in seconds an item stays in workqueue before being requested.",
  );
  const worked = histogram(
    "workqueue_work_duration_seconds",
    "[BETA] How long in seconds processing an item from workqueue takes.",
  );

  return (name) => {
    const [waiting, working] = [new Map<string, number>(), new Map<string, number>()];
    const others = queues.get(name);
    queues.set(name, [...(others ?? []), { waiting, working }]);
    if (!others) {
      // They are told from the start, as upstream's are.
      adds.inc({ name }, 0);
      retries.inc({ name }, 0);
      waited.zero({ name });
      worked.zero({ name });
    }
    const end = (since: Map<string, number>, item: string, histogram: Histogram) => {
      const at = since.get(item);
      if (at === undefined) return;
      since.delete(item);
      histogram.observe({ name }, (now() - at) / 1000);
    };
    return {
      added(item) {
        adds.inc({ name });
        if (!waiting.has(item)) waiting.set(item, now());
      },
      taken(item) {
        end(waiting, item, waited);
        working.set(item, now());
      },
      done: (item) => end(working, item, worked),
      retried: () => retries.inc({ name }),
    };
  };
}

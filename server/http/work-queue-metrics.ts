import type { KeyQueueObserver } from "../registry/key-queue.ts";
import { Series } from "./series.ts";

/** From 10 ns to 10 s, each ten times the one before in doubles, as Go reckons them. */
const BUCKETS = [1e-8];
for (let i = 1; i < 10; i++) BUCKETS.push(BUCKETS[i - 1]! * 10);

/** What a work queue is doing. */
export interface WorkQueueState {
  readonly name: string;
  /** Keys that wait. */
  readonly depth: number;
  /** How long each key that is worked on is, in seconds. */
  readonly working: readonly number[];
}

/** Metrics of the work queues inside the server, under upstream's names. (component-base/metrics/prometheus/workqueue) */
export class WorkQueueMetrics {
  readonly #seconds: () => number;
  readonly #queues = new Map<
    string,
    { readonly waiting: Map<string, number>; readonly working: Map<string, number> }
  >();
  readonly #adds = new Series("workqueue_adds_total", "counter", "[BETA] Total number of adds handled by workqueue", [
    "name",
  ]);
  readonly #retries = new Series(
    "workqueue_retries_total",
    "counter",
    "[BETA] Total number of retries handled by workqueue",
    ["name"],
  );
  readonly #waited = new Series(
    "workqueue_queue_duration_seconds",
    "histogram",
    "[BETA] How long in seconds an item stays in workqueue before being requested.",
    ["name"],
    BUCKETS,
  );
  readonly #worked = new Series(
    "workqueue_work_duration_seconds",
    "histogram",
    "[BETA] How long in seconds processing an item from workqueue takes.",
    ["name"],
    BUCKETS,
  );
  readonly series: readonly Series[] = [this.#adds, this.#retries, this.#waited, this.#worked];

  /** @param seconds a clock that never goes back */
  constructor(seconds: () => number) {
    this.#seconds = seconds;
  }

  /** What a queue tells its life to. @param name upstream's of that queue */
  queue(name: string): KeyQueueObserver {
    const [waiting, working] = [new Map<string, number>(), new Map<string, number>()];
    this.#queues.set(name, { waiting, working });
    // They are told from the start, as upstream's are.
    this.#adds.add(name, 0);
    this.#retries.add(name, 0);
    return {
      added: (key) => {
        this.#adds.add(name, 1);
        waiting.set(key, this.#seconds());
      },
      taken: (key) => {
        this.#observe(this.#waited, name, waiting, key);
        working.set(key, this.#seconds());
      },
      done: (key) => this.#observe(this.#worked, name, working, key),
      retried: () => this.#retries.add(name, 1),
    };
  }

  states(): readonly WorkQueueState[] {
    const now = this.#seconds();
    return [...this.#queues].map(([name, { waiting, working }]) => ({
      name,
      depth: waiting.size,
      working: [...working.values()].map((at) => now - at),
    }));
  }

  #observe(histogram: Series, name: string, since: Map<string, number>, key: string): void {
    const at = since.get(key);
    if (at === undefined) return;
    since.delete(key);
    histogram.observe(name, this.#seconds() - at);
  }
}

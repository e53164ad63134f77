import { Series } from "../series.ts";
import { Derived } from "./derived-series.ts";
import type { FlowKeys, LevelObserver } from "./ticket.ts";
import { TimedRatio } from "./timed-ratio.ts";

const FLOW = ["priority_level", "flow_schema"];
const DURATIONS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const READ_WRITE = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

/** Requests that only read, and those that may change something. */
export type RequestKind = "reading" | "mutating";
const KINDS: readonly RequestKind[] = ["reading", "mutating"];
const LABELS: Readonly<Record<RequestKind, string>> = { reading: "readOnly", mutating: "mutating" };

/** Upstream's metrics of requests in priority and fairness. (apiserver/pkg/util/flowcontrol/metrics/metrics.go) */
export class FlowControlMetrics implements LevelObserver {
  readonly #waiting: Record<RequestKind, number> = { reading: 0, mutating: 0 };
  readonly #ratios: Readonly<Record<RequestKind, Readonly<Record<"waiting" | "executing", TimedRatio>>>>;
  readonly #now: () => number;
  readonly #rejected = counter(
    "rejected_requests_total",
    "[BETA] Number of requests rejected by API Priority and Fairness subsystem",
    [...FLOW, "reason"],
  );
  readonly #dispatched = counter(
    "dispatched_requests_total",
    "[BETA] Number of requests executed by API Priority and Fairness subsystem",
    FLOW,
  );
  readonly #inQueue = gauge(
    "current_inqueue_requests",
    "[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem",
    FLOW,
  );
  readonly #seatsInQueue = gauge(
    "current_inqueue_seats",
    "[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem",
    FLOW,
  );
  readonly #executing = gauge(
    "current_executing_requests",
    "[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem",
    FLOW,
  );
  readonly #seatsInUse = gauge(
    "current_executing_seats",
    "[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem",
    FLOW,
  );
  readonly #queueLength = histogram(
    "request_queue_length_after_enqueue",
    "[ALPHA] Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued",
    FLOW,
    [0, 10, 25, 50, 100, 250, 500, 1000],
  );
  readonly #waited = histogram(
    "request_wait_duration_seconds",
    "[BETA] Length of time a request spent waiting in its queue",
    [...FLOW, "execute"],
    DURATIONS,
  );
  readonly #executed = histogram(
    "request_execution_seconds",
    "[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem",
    [...FLOW, "type"],
    DURATIONS,
  );
  readonly #watchCount = histogram(
    "watch_count_samples",
    "[ALPHA] count of watchers for mutating requests in API Priority and Fairness",
    FLOW,
    [0, 1, 10, 100, 1000, 10_000],
  );
  readonly #estimated = histogram(
    "work_estimated_seats",
    "[ALPHA] Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness",
    FLOW,
    [1, 2, 4, 8, 16, 32, 64, 100],
  );
  readonly #noRoom = counter(
    "request_dispatch_no_accommodation_total",
    "[ALPHA] Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats",
    FLOW,
  );
  readonly #readVersusWrite = new Derived(
    "read_vs_write_current_requests",
    "histogram",
    "EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution",
    ["phase", "request_kind"],
    (series) => this.#showRatios(series),
    READ_WRITE,
  );
  readonly #inQueueByKind = new Series(
    "apiserver_current_inqueue_requests",
    "gauge",
    "[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.",
    ["request_kind"],
  );

  readonly series: readonly Series[] = [
    this.#rejected,
    this.#dispatched,
    this.#inQueue,
    this.#seatsInQueue,
    this.#executing,
    this.#seatsInUse,
    this.#queueLength,
    this.#waited,
    this.#executed,
    this.#watchCount,
    this.#estimated,
    this.#noRoom,
    this.#readVersusWrite,
    this.#inQueueByKind,
  ];

  /** @param now milliseconds of a clock that does not go back */
  constructor(now: () => number) {
    this.#now = now;
    const ratios = () => ({ waiting: new TimedRatio(READ_WRITE, now()), executing: new TimedRatio(READ_WRITE, now()) });
    this.#ratios = { reading: ratios(), mutating: ratios() };
    for (const kind of KINDS) this.#inQueueByKind.set(LABELS[kind], 0);
  }

  queued({ key }: FlowKeys, seats: number, queueLength: number): void {
    this.#inQueue.add(key, 1);
    this.#seatsInQueue.add(key, seats);
    this.#queueLength.observe(key, queueLength);
  }

  unqueued({ key }: FlowKeys, seats: number): void {
    this.#inQueue.add(key, -1);
    this.#seatsInQueue.add(key, -seats);
  }

  started({ key }: FlowKeys, seats: number): void {
    this.#executing.add(key, 1);
    this.#seatsInUse.add(key, seats);
    this.#dispatched.add(key, 1);
  }

  waited({ executeKey, rejectKey }: FlowKeys, executes: boolean, milliseconds: number): void {
    this.#waited.observe(executes ? executeKey : rejectKey, milliseconds / 1000);
  }

  finished({ key, regularKey, watchKey }: FlowKeys, isWatch: boolean, milliseconds: number): void {
    this.#executing.add(key, -1);
    this.#executed.observe(isWatch ? watchKey : regularKey, milliseconds / 1000);
  }

  released({ key }: FlowKeys, seats: number): void {
    this.#seatsInUse.add(key, -seats);
  }

  rejected({ key }: FlowKeys, reason: string): void {
    this.#rejected.add(`${key}\0${reason}`, 1);
  }

  noRoom({ key }: FlowKeys): void {
    this.#noRoom.add(key, 1);
  }

  estimated({ key }: FlowKeys, seats: number): void {
    this.#estimated.observe(key, seats);
  }

  watchCount({ key }: FlowKeys, count: number): void {
    this.#watchCount.observe(key, count);
  }

  #showRatios(series: Series): void {
    for (const kind of KINDS) {
      for (const phase of ["waiting", "executing"] as const) {
        const ratio = this.#ratios[kind][phase];
        ratio.advance(this.#now());
        series.show(`${phase}\0${LABELS[kind]}`, ratio);
      }
    }
  }

  /** So many requests of this kind are under way now. */
  underWay(kind: RequestKind, count: number): void {
    this.#ratios[kind].executing.set(count, this.#now());
  }

  /** One more, or one less, of this kind waits. */
  waits(kind: RequestKind, by: 1 | -1): void {
    this.#waiting[kind] += by;
    this.#inQueueByKind.set(LABELS[kind], this.#waiting[kind]);
    this.#ratios[kind].waiting.set(this.#waiting[kind], this.#now());
  }
}

/** Made once for a flow: a request then finds its series by strings that are there already. */
export function flowKeys(level: string, schema: string): FlowKeys {
  const key = `${level}\0${schema}`;
  return {
    schema,
    key,
    executeKey: `${key}\0true`,
    rejectKey: `${key}\0false`,
    regularKey: `${key}\0regular`,
    watchKey: `${key}\0watch`,
  };
}

function counter(name: string, help: string, labels: readonly string[]): Series {
  return new Series(`apiserver_flowcontrol_${name}`, "counter", help, labels);
}

function gauge(name: string, help: string, labels: readonly string[]): Series {
  return new Series(`apiserver_flowcontrol_${name}`, "gauge", help, labels);
}

function histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Series {
  return new Series(`apiserver_flowcontrol_${name}`, "histogram", help, labels, buckets);
}

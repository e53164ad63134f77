import type { Metric, Registry } from "prom-client";
import { goFloat } from "../meta/go-float.ts";

/** What a histogram counted: how many values fell into each bucket alone, all of them, and their sum. */
export interface Buckets {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** What most of upstream's latencies are sorted into, in seconds. */
export const REQUEST_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** Go's, where upstream names none. (prometheus.DefBuckets) */
export const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Past this many label sets the rest is dropped: names of resources come from clients and CRDs. */
const MAX_SERIES = 10_000;

/**
 * A metric whose series are found by one string: label values joined by NUL, in the order of `labels`. prom-client's own
 * metrics hash label objects on each use, which costs more than all else that a filter does.
 */
export class Series {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly #values = new Map<string, number>();
  readonly #histograms = new Map<string, Buckets>();

  constructor(
    name: string,
    type: "counter" | "gauge" | "histogram",
    help: string,
    labels: readonly string[],
    buckets: readonly number[] = [],
  ) {
    this.name = name;
    this.type = type;
    this.help = help;
    this.labels = labels;
    this.buckets = buckets;
    this.reset();
  }

  add(key: string, by: number): void {
    const value = this.#values.get(key);
    if (value === undefined && this.#values.size >= MAX_SERIES) return;
    this.#values.set(key, (value ?? 0) + by);
  }

  /** Of a gauge. */
  set(key: string, value: number): void {
    if (this.#values.size < MAX_SERIES || this.#values.has(key)) this.#values.set(key, value);
  }

  /** There is nothing to say of these labels any more. */
  remove(key: string): void {
    this.#values.delete(key);
    this.#histograms.delete(key);
  }

  /** Shows a histogram that another keeps. */
  show(key: string, histogram: Buckets): void {
    if (this.#histograms.size < MAX_SERIES || this.#histograms.has(key)) this.#histograms.set(key, histogram);
  }

  observe(key: string, value: number): void {
    let histogram = this.#histograms.get(key);
    if (!histogram) {
      if (this.#histograms.size >= MAX_SERIES) return;
      histogram = this.#begin(key);
    }
    histogram.sum += value;
    histogram.count++;
    const { buckets } = this;
    for (let i = 0; i < buckets.length; i++) {
      if (value > buckets[i]!) continue;
      histogram.counts[i]!++;
      break;
    }
  }

  /** Begins anew: nothing was counted yet. */
  reset(): void {
    this.#values.clear();
    this.#histograms.clear();
    // One without labels is there before anything happened.
    if (this.labels.length > 0) return;
    if (this.type === "histogram") this.#begin("");
    else this.#values.set("", 0);
  }

  #begin(key: string): Buckets {
    const histogram = { counts: this.buckets.map(() => 0), sum: 0, count: 0 };
    this.#histograms.set(key, histogram);
    return histogram;
  }

  /** What prom-client asks of a metric when text is wanted. */
  async get(): Promise<object> {
    const { name, help, type } = this;
    return { name, help, type, aggregator: "sum", values: type === "histogram" ? this.#buckets() : this.#plain() };
  }

  registerIn(registry: Registry): void {
    // prom-client's type is its own classes'; the registry calls get() alone.
    registry.registerMetric(this as unknown as Metric);
  }

  #labelsOf(key: string): Record<string, string> {
    const values = key.split("\0");
    return Object.fromEntries(this.labels.map((label, i) => [label, values[i] ?? ""]));
  }

  #plain() {
    return [...this.#values].map(([key, value]) => ({ value, labels: this.#labelsOf(key) }));
  }

  #buckets() {
    return [...this.#histograms].flatMap(([key, { counts, sum, count }]) => {
      const labels = this.#labelsOf(key);
      let total = 0;
      const rows = this.buckets.map((le, i) => {
        total += counts[i]!;
        return { value: total, labels: { le: goFloat(le), ...labels }, metricName: `${this.name}_bucket` };
      });
      return [
        ...rows,
        { value: count, labels: { le: "+Inf", ...labels }, metricName: `${this.name}_bucket` },
        { value: sum, labels, metricName: `${this.name}_sum` },
        { value: count, labels, metricName: `${this.name}_count` },
      ];
    });
  }
}

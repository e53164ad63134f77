import type { Buckets } from "../series.ts";

/**
 * A histogram of a ratio over time: each nanosecond counts once, in the bucket of the value that it had then.
 * (component-base/metrics TimingHistogram, apiserver/pkg/util/flowcontrol/metrics/timing_ratio_histogram.go)
 */
export class TimedRatio implements Buckets {
  readonly counts: number[];
  sum = 0;
  count = 0;
  readonly #bounds: readonly number[];
  #numerator = 0;
  #denominator = 1;
  #ratio = 0;
  #bucket: number;
  #since: number;

  /** @param now milliseconds of any clock that does not go back */
  constructor(bounds: readonly number[], now: number) {
    this.#bounds = bounds;
    this.counts = bounds.map(() => 0);
    this.#since = now;
    this.#bucket = this.#find();
  }

  set(numerator: number, now: number): void {
    this.advance(now);
    if (numerator === this.#numerator) return;
    this.#numerator = numerator;
    this.#refresh();
  }

  setDenominator(denominator: number, now: number): void {
    this.advance(now);
    this.#denominator = denominator;
    this.#refresh();
  }

  /** Counts the time up to now. */
  advance(now: number): void {
    if (now <= this.#since) return;
    const nanoseconds = Math.round((now - this.#since) * 1e6);
    this.#since = now;
    this.count += nanoseconds;
    this.sum += nanoseconds * this.#ratio;
    // What is above all bounds is counted in the total alone.
    if (this.#bucket < this.counts.length) this.counts[this.#bucket]! += nanoseconds;
  }

  #refresh(): void {
    this.#ratio = this.#numerator / this.#denominator;
    this.#bucket = this.#find();
  }

  #find(): number {
    let bucket = 0;
    while (bucket < this.#bounds.length && this.#ratio > this.#bounds[bucket]!) bucket++;
    return bucket;
  }
}

import type { Clock, Timer } from "./clock.ts";
import type { QueueMetrics } from "./queue-metrics.ts";

/** Says how long an item waits before its next try, and forgets it when it succeeds. */
export interface RateLimiter {
  /** Milliseconds. Each call counts as one more failure. */
  when(item: string): number;
  forget(item: string): void;
  failures(item: string): number;
}

/** base · 2^failures, at most `longestMs`. (client-go/util/workqueue) */
export function itemExponentialFailure(baseMs: number, longestMs: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    when(item) {
      const count = failures.get(item) ?? 0;
      failures.set(item, count + 1);
      return Math.min(baseMs * 2 ** count, longestMs);
    },
    forget: (item) => void failures.delete(item),
    failures: (item) => failures.get(item) ?? 0,
  };
}

/** A limit that can also be asked without waiting. */
export interface TokenBucket extends RateLimiter {
  /** Takes a token when there is one, and none otherwise. */
  tryTake(): boolean;
}

/** All items together: `perSecond` on average, `burst` at once. (golang.org/x/time/rate, as workqueue uses it) */
export const tokenBucket = (perSecond: number, burst: number, clock: Clock): TokenBucket =>
  new Bucket(perSecond, burst, clock);

/** A class, since there may be thousands. */
class Bucket implements TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #last: number;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#last = clock.now().getTime();
  }

  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  when(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  forget(): void {}

  failures(): number {
    return 0;
  }

  #refill(): void {
    const now = this.#clock.now().getTime();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#last) / 1000) * this.#perSecond);
    this.#last = now;
  }
}

/** The longest of several waits. */
export function maxOf(...limiters: RateLimiter[]): RateLimiter {
  return {
    when: (item) => Math.max(...limiters.map((limiter) => limiter.when(item))),
    forget: (item) => limiters.forEach((limiter) => void limiter.forget(item)),
    failures: (item) => Math.max(...limiters.map((limiter) => limiter.failures(item))),
  };
}

/** DefaultTypedControllerRateLimiter: 5 ms … 1000 s an item, 10 a second and 100 at once for all. */
export function defaultRateLimiter(clock: Clock): RateLimiter {
  return maxOf(itemExponentialFailure(5, 1_000_000), tokenBucket(10, 100, clock));
}

/**
 * Items to process, each at most once at a time: an item added while it is processed comes again afterwards.
 * (client-go/util/workqueue)
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #metrics: QueueMetrics | undefined;
  readonly #queue: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delayed = new Map<string, { at: number; timer: Timer }>();
  #waiting: ((item: string | undefined) => void)[] = [];
  #stopped = false;

  /** @param metrics absent: nobody counts */
  constructor(clock: Clock, limiter: RateLimiter, metrics?: QueueMetrics) {
    this.#clock = clock;
    this.#limiter = limiter;
    this.#metrics = metrics;
  }

  add(item: string): void {
    if (this.#stopped || this.#dirty.has(item)) return;
    this.#metrics?.added(item);
    this.#dirty.add(item);
    if (!this.#processing.has(item)) this.#offer(item);
  }

  /** Of several delays of one item the earliest counts. */
  addAfter(item: string, milliseconds: number): void {
    if (this.#stopped) return;
    if (milliseconds <= 0) {
      this.add(item);
      return;
    }
    const at = this.#clock.now().getTime() + milliseconds;
    const known = this.#delayed.get(item);
    if (known && known.at <= at) return;
    known?.timer.cancel();
    const timer = this.#clock.setTimeout(() => {
      this.#delayed.delete(item);
      this.add(item);
    }, milliseconds);
    this.#delayed.set(item, { at, timer });
  }

  addRateLimited(item: string): void {
    this.#metrics?.retried();
    this.addAfter(item, this.#limiter.when(item));
  }

  forget(item: string): void {
    this.#limiter.forget(item);
  }

  failures(item: string): number {
    return this.#limiter.failures(item);
  }

  get length(): number {
    return this.#queue.length;
  }

  /** The next item, once there is one; undefined after `stop`. Call `done` when it is processed. */
  async next(): Promise<string | undefined> {
    if (this.#stopped) return undefined;
    const item = this.#queue.shift();
    if (item === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#take(item);
    return item;
  }

  done(item: string): void {
    this.#metrics?.done(item);
    this.#processing.delete(item);
    if (this.#dirty.has(item)) this.#offer(item);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #take(item: string): void {
    this.#metrics?.taken(item);
    this.#dirty.delete(item);
    this.#processing.add(item);
  }

  #offer(item: string): void {
    const waiting = this.#waiting.shift();
    if (!waiting) {
      this.#queue.push(item);
      return;
    }
    this.#take(item);
    waiting(item);
  }
}

/** A timer that has been set and may be taken back. */
export interface Timer {
  cancel(): void;
}

/** The only source of time of a component: real in production, virtual in tests and whole-cluster simulations. */
export interface Clock {
  now(): Date;
  /** Calls back once, `milliseconds` from now. A pending timer does not keep the process alive. */
  setTimeout(callback: () => void, milliseconds: number): Timer;
}

/** The only source of randomness: a number in [0, 1). */
export type Random = () => number;

/** setTimeout overflows above this and would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Wall clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  setTimeout(callback, milliseconds) {
    const timer = setTimeout(callback, Math.min(Math.max(milliseconds, 0), LONGEST_TIMEOUT_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `milliseconds`, or at once when the signal is aborted. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}

/** A clock that stands still until told: for tests. Timers fire in order of their time, then of their setting. */
export class ManualClock implements Clock {
  #now: number;
  #next = 0;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();

  constructor(start: Date) {
    this.#now = start.getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(milliseconds, 0), callback });
    return { cancel: () => void this.#timers.delete(id) };
  }

  /** Moves time on and fires what falls due on the way, including timers set meanwhile. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      let first: [number, { at: number; callback: () => void }] | undefined;
      for (const entry of this.#timers) if (entry[1].at <= end && (!first || entry[1].at < first[1].at)) first = entry;
      if (!first) break;
      this.#timers.delete(first[0]);
      this.#now = Math.max(this.#now, first[1].at);
      first[1].callback();
    }
    this.#now = end;
  }
}

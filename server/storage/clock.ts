/** Time as the storage sees it: the real one, or a test's. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after so many milliseconds. @returns cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** Node cannot wait longer in one timer: beyond it would fire at once. */
const longest = 2 ** 31 - 1;

/** The machine's time. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(milliseconds, longest));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

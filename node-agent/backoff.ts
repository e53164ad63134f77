/** First and longest pause in ms between restarts of a container, or pulls of an image. (pkg/kubelet/kubelet.go) */
const FIRST = 10_000;
const LONGEST = 300_000;

/** Pauses that double with each failure, and start over after twice the longest without one. Times in ms. */
export class Backoff {
  readonly #entries = new Map<string, { pause: number; last: number }>();

  /** The pause that now stands between a failure and its retry; 0 before the first. */
  current(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return !entry || now - entry.last > 2 * LONGEST ? 0 : entry.pause;
  }

  /** Counts a failure. @returns the pause that follows it. */
  next(key: string, now: number): number {
    const entry = this.#entries.get(key);
    const pause = !entry || now - entry.last > 2 * LONGEST ? FIRST : Math.min(entry.pause * 2, LONGEST);
    this.#entries.set(key, { pause, last: now });
    return pause;
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}

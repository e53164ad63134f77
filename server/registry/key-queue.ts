import type { Clock } from "../storage/clock.ts";
import { isNotFound } from "./writer.ts";

/** Told what a queue does, for metrics. */
export interface KeyQueueObserver {
  added(key: string): void;
  /** It is being worked on. */
  taken(key: string): void;
  done(key: string): void;
  /** It comes again, after a while. */
  retried(): void;
}

export interface KeyQueueOptions {
  readonly clock: Clock;
  /**
   * Makes what is so what should be. Called again later when it throws, not for objects that are gone (404); and when it
   * answers "again", which is no error.
   */
  sync(key: string): Promise<"again" | undefined>;
  /** How long a key waits the first time, and at most. Each failure in turn doubles it. */
  readonly retryMilliseconds?: { readonly first: number; readonly last: number };
  onError(error: unknown): void;
  readonly observer?: KeyQueueObserver | undefined;
}

const RETRY_MILLISECONDS = { first: 50, last: 60_000 };

/** The work queue of a controller inside the API server: each key once, one after the other, retried with backoff. */
export class KeyQueue {
  readonly #options: KeyQueueOptions;
  readonly #keys = new Set<string>();
  readonly #retries = new Map<string, number>();
  /** One a key: a later one takes its place. */
  readonly #cancels = new Map<string, () => void>();
  #isRunning = false;
  #isStopped = false;

  constructor(options: KeyQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (!this.#keys.has(key)) this.#options.observer?.added(key);
    this.#keys.add(key);
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    // Not in the turn of a commit, whose watchers wait.
    setImmediate(() => void this.#run());
  }

  addAfter(key: string, milliseconds: number): void {
    if (this.#isStopped) return;
    this.#cancels.get(key)?.();
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#cancels.delete(key);
      this.add(key);
    });
    this.#cancels.set(key, cancel);
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  async #run(): Promise<void> {
    const { observer } = this.#options;
    for (const key of this.#keys) {
      if (this.#isStopped) break;
      this.#keys.delete(key);
      observer?.taken(key);
      try {
        const outcome = await this.#options.sync(key);
        if (outcome === "again") this.#addAgain(key);
        else this.#retries.delete(key);
      } catch (error) {
        if (this.#isStopped) continue;
        if (isNotFound(error)) {
          this.#retries.delete(key);
          continue;
        }
        this.#options.onError(error);
        this.#addAgain(key);
      } finally {
        observer?.done(key);
      }
    }
    this.#isRunning = false;
  }

  #addAgain(key: string): void {
    const { first, last } = this.#options.retryMilliseconds ?? RETRY_MILLISECONDS;
    const count = this.#retries.get(key) ?? 0;
    this.#retries.set(key, count + 1);
    this.#options.observer?.retried();
    this.addAfter(key, Math.min(first * 2 ** count, last));
  }
}

import type { Clock } from "../storage/clock.ts";
import { isNotFound } from "./writer.ts";

export interface KeyQueueOptions {
  readonly clock: Clock;
  /** Makes what is so what should be. Called again later when it throws; not for objects that are gone (404). */
  sync(key: string): Promise<void>;
  onError(error: unknown): void;
}

const FIRST_RETRY_MILLISECONDS = 50;
const LAST_RETRY_MILLISECONDS = 60_000;

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
    for (const key of this.#keys) {
      if (this.#isStopped) break;
      this.#keys.delete(key);
      try {
        await this.#options.sync(key);
        this.#retries.delete(key);
      } catch (error) {
        if (!isNotFound(error) && !this.#isStopped) this.#retry(key, error);
      }
    }
    this.#isRunning = false;
  }

  #retry(key: string, error: unknown): void {
    this.#options.onError(error);
    const count = this.#retries.get(key) ?? 0;
    this.#retries.set(key, count + 1);
    this.addAfter(key, Math.min(FIRST_RETRY_MILLISECONDS * 2 ** count, LAST_RETRY_MILLISECONDS));
  }
}

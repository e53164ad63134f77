import type { Clock } from "./clock.ts";

/** Compacts so often within the time that history is kept. */
const stepsPerHistory = 5;

/**
 * Compacts to what the newest revision was `historyMilliseconds` ago. Its timer runs only while there is something that
 * will be compacted. (apiserver/pkg/storage/etcd3/compact.go)
 */
export class AutoCompaction {
  readonly #clock: Clock;
  readonly #historyMilliseconds: number;
  readonly #step: number;
  readonly #compact: (revision: number) => void;
  /** What the newest revision was when, oldest first. */
  readonly #samples: { revision: number; at: number }[] = [];
  #revision = 0;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: { clock: Clock; historyMilliseconds: number; compact: (revision: number) => void }) {
    this.#clock = options.clock;
    this.#historyMilliseconds = options.historyMilliseconds;
    this.#step = Math.max(1, options.historyMilliseconds / stepsPerHistory);
    this.#compact = options.compact;
  }

  /** The newest revision is now this one. */
  note(revision: number): void {
    this.#revision = revision;
    this.#sample();
    if (!this.#cancel && !this.#isStopped) this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #sample(): void {
    const last = this.#samples.at(-1);
    const now = this.#clock.now();
    if (last && (last.revision === this.#revision || now - last.at < this.#step)) return;
    this.#samples.push({ revision: this.#revision, at: now });
  }

  #arm(): void {
    this.#cancel = this.#clock.after(this.#step, () => {
      this.#cancel = undefined;
      const until = this.#clock.now() - this.#historyMilliseconds;
      let revision = 0;
      while (this.#samples.length && this.#samples[0]!.at <= until) revision = this.#samples.shift()!.revision;
      if (revision) this.#compact(revision);
      if (this.#revision > revision) this.#sample();
      if (this.#samples.length && !this.#isStopped) this.#arm();
    });
  }
}

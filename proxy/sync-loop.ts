import type { Clock, Timer } from "../client/index.ts";

export interface SyncLoopOptions {
  readonly clock: Clock;
  /** Least time between the end of one sync and the start of the next, in ms. */
  readonly pause: number;
  /** Pause before another try when one has failed, in ms. */
  readonly retry: number;
  /** @returns in how many ms to run again though nothing has been asked for; undefined = not at all. Rejects to be retried. */
  sync(): Promise<number | undefined>;
}

/** Runs syncs one after the other, not too often. (pkg/proxy/runner BoundedFrequencyRunner) */
export class SyncLoop {
  readonly #options: SyncLoopOptions;
  #wanted = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** When the next one may start, in ms. */
  #earliest = 0;
  #stopped = false;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
  }

  /** Asks for a sync that sees what there is now. Many requests are one. */
  request(): void {
    this.#wanted = true;
    if (!this.#running) this.#schedule(this.#earliest - this.#options.clock.now().getTime());
  }

  #schedule(milliseconds: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    if (milliseconds <= 0) this.#run();
    else this.#timer = this.#options.clock.setTimeout(() => this.#run(), milliseconds);
  }

  #run(): void {
    const { clock, pause, retry, sync } = this.#options;
    this.#wanted = false;
    this.#running = (async () => {
      const again = await sync().catch(() => retry);
      this.#earliest = clock.now().getTime() + pause;
      this.#running = undefined;
      if (this.#wanted) this.#schedule(pause);
      else if (again !== undefined) this.#schedule(Math.max(again, pause));
    })();
  }

  /** Resolves when the running sync, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }
}

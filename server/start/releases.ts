/** What has been acquired, to be given back in reverse order. */
export class Releases {
  readonly #steps: (() => unknown)[] = [];
  readonly #onError: (error: unknown) => void;
  #done: Promise<void> | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** One step that fails does not keep the others from running. Idempotent. */
  all(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

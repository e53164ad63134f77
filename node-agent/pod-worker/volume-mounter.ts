import type { Clock } from "../../client/index.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { PodView } from "../volumes/pod-volumes.ts";
import type { Volume } from "../volumes/volume.ts";
import type { PodEvent } from "./pod-event.ts";

/** First and longest pause between attempts to provide a Pod's volumes, in ms. (exponentialbackoff of volume operations) */
const FIRST_PAUSE = 500;
const LAST_PAUSE = 122_000;

export interface VolumeMounterOptions {
  readonly view: PodView;
  readonly runtime: Pick<Runtime, "mountVolumes">;
  readonly clock: Clock;
  readonly event: PodEvent;
  /** All volumes of a Pod that its containers mount. @throws Error for a FailedMount event */
  volumes(view: PodView): Promise<Volume[]>;
  isTerminating(): boolean;
  /** The pause after a failure is over. */
  retry(): void;
}

/** Provides one Pod's volumes on the node, again and again until they are there. */
export class VolumeMounter {
  readonly #options: VolumeMounterOptions;
  #volumes: readonly Volume[] = [];
  #pause = FIRST_PAUSE;

  constructor(options: VolumeMounterOptions) {
    this.#options = options;
  }

  get volumes(): readonly Volume[] {
    return this.#volumes;
  }

  /** Volumes of a Pod whose sandbox still runs: its containers have them, the runtime has to know them. @throws Error */
  async recover(): Promise<void> {
    const { view, runtime, volumes } = this.#options;
    this.#volumes = await volumes(view);
    await runtime.mountVolumes(view.current(), this.#volumes);
  }

  /** @returns false when the Pod has to wait for it */
  async mount(): Promise<boolean> {
    const { view, runtime, clock, event, volumes, isTerminating, retry } = this.#options;
    try {
      this.#volumes = await volumes(view);
      if (isTerminating()) return false;
      await runtime.mountVolumes(view.current(), this.#volumes);
      this.#pause = FIRST_PAUSE;
      return !isTerminating();
    } catch (error) {
      event("Warning", "FailedMount", error instanceof Error ? error.message : String(error));
      clock.setTimeout(retry, this.#pause);
      this.#pause = Math.min(this.#pause * 2, LAST_PAUSE);
      return false;
    }
  }
}

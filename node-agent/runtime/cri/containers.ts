import type { Clock, Logger } from "../../../client/index.ts";
import type { Exit } from "../runtime.ts";
import { type CriClient, isNotFound } from "./api/client.ts";
import { CONTAINER_STATE, type ContainerItem } from "./api/types.ts";
import { exitOf } from "./pod/termination.ts";

/** Pause between two looks at all containers, in ms: kubelet's too. (pkg/kubelet/kubelet.go genericPlegRelistPeriod) */
const RELIST = 1_000;

interface Watched {
  readonly exited: Promise<Exit>;
  resolve(exit: Exit): void;
}

/** Tells when containers end, by looking at all of them each second: not every runtime has events. (pkg/kubelet/pleg) */
export class ContainerWatch {
  readonly #client: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(client: CriClient, clock: Clock, logger: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.look(), RELIST).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when the container's main process has ended, or nothing is left of the container. */
  exited(id: string): Promise<Exit> {
    const known = this.#watched.get(id);
    if (known) return known.exited;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.#watched.set(id, { exited: promise, resolve });
    return promise;
  }

  /** Looks now. A runtime that does not answer says nothing of its containers. */
  async look(): Promise<void> {
    if (this.#busy || this.#watched.size === 0) return;
    this.#busy = true;
    // Containers made while the list is on its way are not in it.
    const asked = [...this.#watched.keys()];
    try {
      const list = new Map((await this.#client.listContainers()).map((item) => [item.id, item]));
      for (const id of asked) await this.#judge(id, list.get(id));
    } catch (error) {
      this.#logger.debug({ err: error }, "looking at containers failed");
    } finally {
      this.#busy = false;
    }
  }

  async #judge(id: string, item: ContainerItem | undefined): Promise<void> {
    if (item && item.state !== CONTAINER_STATE.exited) return;
    const exit = item ? await this.#exitOf(id) : this.#lost();
    this.#watched.get(id)?.resolve(exit);
    this.#watched.delete(id);
  }

  async #exitOf(id: string): Promise<Exit> {
    try {
      return exitOf(await this.#client.containerStatus(id));
    } catch (error) {
      if (isNotFound(error)) return this.#lost();
      throw error;
    }
  }

  #lost(): Exit {
    return {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      finishedAt: this.#clock.now(),
    };
  }
}

import type { Clock, Logger } from "../../../client/index.ts";
import type { Exit } from "../runtime.ts";
import { type CriClient, isNotFound } from "./api/client.ts";
import { CONTAINER_STATE, type ContainerItem, SANDBOX_READY } from "./api/types.ts";
import { exitOf } from "./pod/termination.ts";

/** Pause between two looks at all containers, in ms: kubelet's too. (pkg/kubelet/kubelet.go genericPlegRelistPeriod) */
const RELIST = 1_000;

interface Watched<T> {
  readonly ended: Promise<T>;
  resolve(result: T): void;
}

function watched<T>(map: Map<string, Watched<T>>, id: string): Promise<T> {
  const known = map.get(id);
  if (known) return known.ended;
  const { promise, resolve } = Promise.withResolvers<T>();
  map.set(id, { ended: promise, resolve });
  return promise;
}

/** Tells when containers end, by looking at all of them each second: not every runtime has events. (pkg/kubelet/pleg) */
export class ContainerWatch {
  readonly #client: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #containers = new Map<string, Watched<Exit>>();
  readonly #sandboxes = new Map<string, Watched<void>>();
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
    return watched(this.#containers, id);
  }

  /** Resolves when a sandbox is not ready any more, unless `forget` was called before. */
  lost(sandbox: string): Promise<void> {
    return watched(this.#sandboxes, sandbox);
  }

  forget(sandbox: string): void {
    this.#sandboxes.delete(sandbox);
  }

  /** Looks now. A runtime that does not answer says nothing of its containers. */
  async look(): Promise<void> {
    if (this.#busy || this.#sandboxes.size + this.#containers.size === 0) return;
    this.#busy = true;
    // Those made while the lists are on their way are not in them.
    const containers = [...this.#containers.keys()];
    const sandboxes = [...this.#sandboxes.keys()];
    try {
      const list = new Map((await this.#client.listContainers()).map((item) => [item.id, item]));
      for (const id of containers) await this.#judge(id, list.get(id));
      const states = new Map((await this.#client.listPodSandbox()).map(({ id, state }) => [id, state]));
      for (const id of sandboxes) {
        if (states.get(id) === SANDBOX_READY) continue;
        this.#sandboxes.get(id)?.resolve();
        this.#sandboxes.delete(id);
      }
    } catch (error) {
      this.#logger.debug({ err: error }, "looking at containers failed");
    } finally {
      this.#busy = false;
    }
  }

  async #judge(id: string, item: ContainerItem | undefined): Promise<void> {
    if (item && item.state !== CONTAINER_STATE.exited) return;
    const exit = item ? await this.#exitOf(id) : this.#gone();
    this.#containers.get(id)?.resolve(exit);
    this.#containers.delete(id);
  }

  async #exitOf(id: string): Promise<Exit> {
    try {
      return exitOf(await this.#client.containerStatus(id));
    } catch (error) {
      if (isNotFound(error)) return this.#gone();
      throw error;
    }
  }

  #gone(): Exit {
    return {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      finishedAt: this.#clock.now(),
    };
  }
}

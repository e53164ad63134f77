import { ApiError, type Client, type Clock, type Logger, sleep } from "../client/index.ts";
import type { Pod, PodStatus } from "../openapi/api/core.v1.ts";
import type { PodWorker } from "./pod-worker.ts";
import { statusPatch } from "./status-patch.ts";

/** Pause after a write that failed, in ms. */
const RETRY = 1_000;

/**
 * Writes Pods' statuses: the newest of each, one write at a time a Pod, and none that says what the last one said.
 * (pkg/kubelet/status/status_manager.go)
 */
export class StatusWriter {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #dirty = new Set<PodWorker>();
  readonly #busy = new Set<PodWorker>();
  /** Status as text, which takes a third of an object's memory: thousands of Pods keep theirs, and it is seldom read. */
  readonly #written = new WeakMap<PodWorker, { uid: string; status: string }>();
  /** The uid of the Pod that it let go, of whose end it may still hear. */
  readonly #deleted = new WeakMap<PodWorker, string>();
  readonly #uidOf: (pod: Pod) => string | undefined;
  #stopped = false;

  /** @param uidOf by which the API server knows a Pod; undefined while it does not */
  constructor(client: Client, clock: Clock, logger: Logger, uidOf: (pod: Pod) => string | undefined) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    this.#uidOf = uidOf;
  }

  /** The worker's status may have changed. */
  changed(worker: PodWorker): void {
    this.#dirty.add(worker);
    if (!this.#busy.has(worker)) void this.#write(worker);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #write(worker: PodWorker): Promise<void> {
    this.#busy.add(worker);
    // All that happens in one turn of the event loop goes out as one write.
    await new Promise(setImmediate);
    try {
      while (this.#dirty.delete(worker) && !this.#stopped) {
        try {
          await this.#once(worker);
        } catch (error) {
          if (error instanceof ApiError && error.code === 404) return;
          this.#logger.debug({ err: error, pod: worker.pod.metadata.name }, "writing a status failed");
          this.#dirty.add(worker);
          await sleep(this.#clock, RETRY);
        }
      }
    } finally {
      this.#busy.delete(worker);
    }
  }

  async #once(worker: PodWorker): Promise<void> {
    const { name = "", namespace } = worker.pod.metadata;
    const uid = this.#uidOf(worker.pod);
    if (uid === undefined || this.#deleted.get(worker) === uid) return;
    const status = worker.status();
    const text = JSON.stringify(status);
    const written = this.#written.get(worker);
    if (written?.uid !== uid || written.status !== text) {
      const old = written ? (JSON.parse(written.status) as PodStatus) : worker.pod.status; // our own text
      await this.#client.patchStatus(
        "v1/pods",
        { name, namespace },
        { metadata: { uid }, status: statusPatch(old, status) },
      );
      this.#written.set(worker, { uid, status: text });
    }
    if (worker.isFinished && worker.pod.metadata.deletionTimestamp) {
      const options = { uid, gracePeriodSeconds: 0, ignoresAnswer: true };
      await this.#client.delete("v1/pods", { name, namespace }, options);
      this.#deleted.set(worker, uid);
    }
  }
}

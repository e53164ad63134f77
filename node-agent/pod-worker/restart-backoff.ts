import type { Clock, Timer } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Backoff } from "../backoff.ts";
import { type ContainerRecord, isRemoved } from "../container-state.ts";
import { goDuration } from "./go-duration.ts";
import type { PodEvent } from "./pod-event.ts";
import { podKey } from "./pod-key.ts";

export interface RestartBackoffOptions {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly event: PodEvent;
  pod(): Pod;
  statusChanged(): void;
  /** A pause is over. */
  sync(): void;
}

/** The pauses between the attempts to run a Pod's containers. */
export class RestartBackoff {
  readonly #options: RestartBackoffOptions;
  readonly #retries = new Map<ContainerRecord, Timer>();

  constructor(options: RestartBackoffOptions) {
    this.#options = options;
  }

  /** Whether the container waits for its next attempt. */
  isPausing(record: ContainerRecord): boolean {
    return this.#retries.has(record);
  }

  /** Looks at the container again after so many ms. */
  later(record: ContainerRecord, milliseconds: number): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#retries.delete(record);
      this.#options.sync();
    }, milliseconds);
    this.#retries.set(record, timer);
  }

  /** The container need not wait any longer. */
  cancel(record: ContainerRecord): void {
    this.#retries.get(record)?.cancel();
    this.#retries.delete(record);
  }

  /** Nothing is to be started any more. */
  stop(): void {
    for (const timer of this.#retries.values()) timer.cancel();
  }

  /** The first restart is at once; from then on a pause stands between an end and the start after it. @returns whether it does now. */
  holdsBack(record: ContainerRecord): boolean {
    if (!record.exit || isRemoved(record)) return false;
    const { clock, backoff, event, pod, statusChanged } = this.#options;
    const { name } = record.container;
    const where = `${podKey(pod())}/${name}`;
    const ended = record.exit.result.finishedAt.getTime();
    const pause = backoff.current(where, ended);
    const left = ended + pause - clock.now().getTime();
    if (left <= 0) {
      backoff.next(where, ended);
      return false;
    }
    const text = `restarting failed container=${name} pod=${podKey(pod())}`;
    record.waiting = { reason: "CrashLoopBackOff", message: `back-off ${goDuration(pause)} ${text}` };
    event("Warning", "BackOff", `Back-off restarting failed container ${name} in pod ${podKey(pod())}`, name);
    statusChanged();
    this.later(record, left);
    return true;
  }
}

import type { Backoff } from "../backoff.ts";
import { type ContainerRecord, isRemoved, shouldRestart } from "../container-state.ts";
import type { ProbeMeter } from "../probes/probe-meter.ts";
import type { RunningContainer, Sandbox } from "../runtime/runtime.ts";
import { ContainerProbes } from "./container-probes.ts";
import { type ContainerStartOptions, startContainer } from "./container-start.ts";
import { RestartBackoff } from "./restart-backoff.ts";
import { reportStartFailure } from "./start-failure.ts";

export interface ContainerRunnerOptions extends Omit<ContainerStartOptions, "running" | "up"> {
  readonly meter: ProbeMeter;
  readonly backoff: Backoff;
  sandbox(): Sandbox | undefined;
  /** Something of a container has changed: the Pod is to be looked at. */
  sync(): void;
}

/** Runs the containers it is told to: each from its start, or the pause before it, through its probes to its exit. */
export class ContainerRunner {
  readonly #options: ContainerRunnerOptions;
  readonly #restarts: RestartBackoff;
  readonly #probes: ContainerProbes;
  readonly #starts = new Map<ContainerRecord, Promise<void>>();

  constructor(options: ContainerRunnerOptions) {
    this.#options = options;
    const { clock, meter, backoff, event, pod, sandbox, statusChanged, sync } = options;
    this.#restarts = new RestartBackoff({ clock, backoff, event, pod, statusChanged, sync });
    const address = () => sandbox()?.ips[0] ?? "";
    this.#probes = new ContainerProbes({ clock, meter, event, pod, address, statusChanged, sync });
  }

  /** Starts a container now, or once its pause is over; not again while that is on its way. */
  start(record: ContainerRecord): void {
    if (record.starting || this.#restarts.isPausing(record) || this.#restarts.holdsBack(record)) return;
    record.starting = true;
    const start = this.#bringUp(record).finally(() => {
      record.starting = false;
      this.#starts.delete(record);
    });
    this.#starts.set(record, start);
  }

  /** Resolves when no start of the container is on its way: it runs, or it could not be started. */
  async started(record: ContainerRecord): Promise<void> {
    await this.#starts.get(record);
  }

  /** Takes over a container that an earlier life of the agent started. */
  adopt(record: ContainerRecord, running: RunningContainer): void {
    this.#awaitExit(record, running);
    this.#probes.watchOver(record);
  }

  /** What made the container wait is no longer so. */
  endPause(record: ContainerRecord): void {
    this.#restarts.cancel(record);
  }

  /** Starts nothing any more. What runs goes on, and says whether it is ready. */
  stop(): void {
    this.#restarts.stop();
    this.#probes.stopLivenessAndStartup();
  }

  async #bringUp(record: ContainerRecord): Promise<void> {
    const sandbox = this.#options.sandbox();
    if (!sandbox) return;
    const attempt = record.restartCount + (record.exit && !isRemoved(record) ? 1 : 0);
    const started = {
      running: (running: RunningContainer) => this.#awaitExit(record, running),
      up: (running: RunningContainer) => {
        if (record.running === running) this.#probes.watchOver(record);
        if (record.role === "sidecar") this.#options.sync();
      },
    };
    try {
      await startContainer(record, { sandbox, attempt }, { ...this.#options, ...started });
    } catch (error) {
      const later = (of: ContainerRecord, milliseconds: number) => this.#restarts.later(of, milliseconds);
      reportStartFailure(record, { error, attempt }, { ...this.#options, later });
    }
  }

  #awaitExit(record: ContainerRecord, running: RunningContainer): void {
    void running.exited.then((result) => {
      this.#probes.stop(record);
      record.lastExit = record.exit;
      record.exit = { result, id: running.id, startedAt: running.startedAt };
      record.running = undefined;
      record.ready = false;
      record.started = false;
      const again = shouldRestart(record.container, this.#options.pod(), result);
      record.waiting =
        record.hookFailure && again ? { reason: "PostStartHookError", message: record.hookFailure } : { reason: "" };
      record.hookFailure = undefined;
      this.#options.statusChanged();
      this.#options.sync();
    });
  }
}

import type { Clock, Logger } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { type DnsConfig, hostnameOf } from "../pod-dns.ts";
import type { Runtime, Sandbox } from "../runtime/runtime.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";
import { podKey } from "./pod-key.ts";

export interface PodSandboxOptions {
  readonly runtime: Pick<Runtime, "runSandbox" | "removeSandbox">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly records: readonly ContainerRecord[];
  readonly event: PodEvent;
  pod(): Pod;
  dns(pod: Pod): DnsConfig;
  /** Provides what has to be there first. @returns false when the Pod has to wait for it */
  mount(): Promise<boolean>;
  isTerminating(): boolean;
  /** Nothing of the Pod runs any more, and nothing may. */
  isGone(): boolean;
  statusChanged(): void;
  sync(): void;
}

/** The sandbox of one Pod: made when there is none, made anew when it is lost. */
export class PodSandbox {
  readonly #options: PodSandboxOptions;
  #current: Sandbox | undefined;
  #ips: readonly string[] = [];
  #pending = false;

  constructor(options: PodSandboxOptions) {
    this.#options = options;
  }

  get current(): Sandbox | undefined {
    return this.#current;
  }

  /** Of the last sandbox: a Pod that has ended keeps them. */
  get ips(): readonly string[] {
    return this.#ips;
  }

  /** The Pod has this one from now on. */
  use(sandbox: Sandbox): void {
    this.#current = sandbox;
    this.#ips = sandbox.ips;
    void sandbox.lost?.then(() => this.#lost(sandbox));
  }

  /** Gives up the sandbox, which the caller removes. */
  release(): Sandbox | undefined {
    const sandbox = this.#current;
    this.#current = undefined;
    return sandbox;
  }

  /** Makes one, unless that is on its way. */
  async make(): Promise<void> {
    if (this.#pending) return;
    this.#pending = true;
    const { runtime, clock, event, pod: current, dns, mount, isGone, statusChanged, sync } = this.#options;
    try {
      if (!(await mount())) return;
      const pod = current();
      const sandbox = await runtime.runSandbox({ pod, hostname: hostnameOf(pod), dns: dns(pod) });
      this.use(sandbox);
      // It was told to end meanwhile, and did not know of this one.
      if (isGone()) return await runtime.removeSandbox(sandbox);
      statusChanged();
      sync();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      event("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      clock.setTimeout(sync, 1000);
    } finally {
      this.#pending = false;
    }
  }

  /** What containers share is gone, so all of them begin anew. (kuberuntime_manager.go computePodActions) */
  async #lost(sandbox: Sandbox): Promise<void> {
    const { runtime, logger, records, event, pod, isTerminating, sync } = this.#options;
    if (this.#current !== sandbox || isTerminating()) return;
    this.#current = undefined;
    this.#pending = true;
    event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    try {
      const running = records.flatMap((record) => record.running ?? []);
      for (const container of running) container.stop(gracePeriod(pod()));
      await Promise.all(running.map(({ exited }) => exited));
      await runtime.removeSandbox(sandbox);
    } catch (error) {
      logger.warn({ err: error, pod: podKey(pod()) }, "removing a lost sandbox failed");
    }
    for (const record of records) {
      if (record.role !== "init" || !record.exit) continue;
      Object.assign(record, { lastExit: record.exit, exit: undefined, restartCount: record.restartCount + 1 });
    }
    this.#pending = false;
    sync();
  }
}

import type { Logger } from "../../client/index.ts";
import type { Pod, PodCondition } from "../../openapi/api/core.v1.ts";
import { type ContainerRecord, isRemoved, RESTARTING_ALL, restartAction } from "../container-state.ts";
import type { PodEvent } from "./pod-event.ts";
import { podKey } from "./pod-key.ts";

/** Seconds that each gets to end; its hooks do not run. (minimumGracePeriodInSeconds) */
const GRACE = 2;
const MESSAGE = "The container is removed because RestartAllContainers in place";

export interface RestartAllOptions {
  readonly event: PodEvent;
  readonly logger: Logger;
  readonly records: readonly ContainerRecord[];
  pod(): Pod;
  isTerminating(): boolean;
  /** Nothing holds the container's next start back. */
  endPause(record: ContainerRecord): void;
  /** Resolves when no start of the container is on its way. */
  started(record: ContainerRecord): Promise<void>;
  statusChanged(): void;
  /** All may be started again. */
  sync(): void;
}

const isInit = ({ role }: ContainerRecord) => role === "init" || role === "sidecar";

/** Whether a container has ended in a way that its rules answer with a new start of all. */
function asksForAll({ container, running, exit, role }: ContainerRecord): boolean {
  if (running || !exit || role === "ephemeral") return false;
  return !isRemoved({ exit }) && restartAction(container, exit.result.exitCode) === "RestartAllContainers";
}

/**
 * Begins a Pod anew in place when one of its containers asks for it: all others are stopped, and then all are started
 * in order, init containers too, in the same sandbox and with the same volumes. (KEP-5532)
 */
export class RestartAll {
  readonly #options: RestartAllOptions;
  #underWay = false;

  constructor(options: RestartAllOptions) {
    this.#options = options;
  }

  /** Begins when there is cause. @returns whether it is under way: nothing is to be started meanwhile */
  isUnderWay(): boolean {
    if (this.#underWay) return true;
    const sources = this.#options.records.filter(asksForAll);
    if (sources.length === 0) return false;
    this.#underWay = true;
    this.#options.statusChanged();
    void this.#run(new Set(sources));
    return true;
  }

  /** Of a Pod that has such rules. (status/generate.go GenerateAllContainersRestartingCondition) */
  condition(phase: string): PodCondition | undefined {
    const { spec } = this.#options.pod();
    const hasRule = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some(({ restartPolicyRules }) =>
      restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"),
    );
    if (!hasRule) return undefined;
    const type = "AllContainersRestarting";
    if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
    if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
    if (!this.#underWay) return { type, status: "False" };
    const message = "container exited with restart policy rule";
    return { type, status: "True", reason: "RestartAllContainersStarted", message };
  }

  async #run(sources: ReadonlySet<ContainerRecord>): Promise<void> {
    const { records, logger, pod, endPause, isTerminating, statusChanged, sync } = this.#options;
    const own = records.filter(({ role }) => role !== "ephemeral");
    const others = own.filter((record) => !sources.has(record));
    for (const record of own) endPause(record);
    try {
      for (const record of [...others.filter((one) => !isInit(one)), ...others.filter(isInit)]) await this.#end(record);
    } catch (error) {
      logger.warn({ err: error, pod: podKey(pod()) }, "stopping all containers for a new start failed");
    }
    this.#underWay = false;
    if (isTerminating()) return;
    for (const record of own) if (record.exit) remove(record);
    statusChanged();
    sync();
  }

  async #end(record: ContainerRecord): Promise<void> {
    const { event, isTerminating, started } = this.#options;
    const stop = async () => {
      const { running, container } = record;
      if (!running || isTerminating()) return;
      event("Normal", "Killing", "killing", container.name);
      running.stop(GRACE);
      await running.exited;
    };
    await stop();
    // What was on its way up has to be there before it can be stopped.
    await started(record);
    await stop();
  }
}

/** As if there had been no instance, but for their number. */
function remove(record: ContainerRecord): void {
  const gone = { exitCode: 137, reason: RESTARTING_ALL, message: MESSAGE, finishedAt: new Date(0) };
  record.exit = { result: gone, id: "", startedAt: new Date(0) };
  delete record.lastExit;
  record.restartCount++;
  record.waiting = { reason: RESTARTING_ALL, message: MESSAGE };
}

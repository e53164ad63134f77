import type { Clock } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { gracePeriod } from "./grace-period.ts";
import { runLifecycleHook } from "./lifecycle-hook.ts";
import type { PodEvent } from "./pod-event.ts";

/**
 * Stops what runs: regular ones first and sidecars after them in reverse, each with its preStop hook, all within the
 * grace period.
 */
export async function stopContainers(
  records: readonly ContainerRecord[],
  { graceSeconds, clock, event }: { graceSeconds: number; clock: Clock; event: PodEvent },
): Promise<void> {
  const end = clock.now().getTime() + graceSeconds * 1000;
  const left = () => Math.max(0, (end - clock.now().getTime()) / 1000);
  const stop = async (record: ContainerRecord) => {
    const { running, container } = record;
    if (!running) return;
    event("Normal", "Killing", `Stopping container ${container.name}`, container.name);
    const failure = await runLifecycleHook(record, container.lifecycle?.preStop, { limitSeconds: left(), clock });
    if (failure !== undefined) event("Warning", "FailedPreStopHook", "PreStopHook failed", container.name);
    running.stop(Math.ceil(left()));
    await running.exited;
  };
  await Promise.all(records.filter(({ role }) => role !== "sidecar").map(stop));
  for (const record of records.filter(({ role }) => role === "sidecar").reverse()) await stop(record);
}

/** Stops what still runs beside the regular containers, last first: these have ended, and nothing needs it any more. */
export async function stopSidecars(records: readonly ContainerRecord[], pod: () => Pod): Promise<void> {
  for (const { running, role } of [...records].reverse()) {
    if (!running || role === "regular") continue;
    running.stop(gracePeriod(pod()));
    await running.exited;
  }
}

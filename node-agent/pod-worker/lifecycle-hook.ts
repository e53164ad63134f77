import { type Clock, sleep } from "../../client/index.ts";
import type { Lifecycle } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { runHook } from "../probes/hook.ts";

/** Runs a postStart or preStop hook, if there is one, for at most so many seconds. @returns why it failed. */
export async function runLifecycleHook(
  { container, running }: ContainerRecord,
  hook: Lifecycle["postStart"] | undefined,
  { limitSeconds, clock }: { limitSeconds: number; clock: Clock },
): Promise<string | undefined> {
  if (!hook || !running) return undefined;
  const aborted = new AbortController();
  const timer = clock.setTimeout(() => aborted.abort(), limitSeconds * 1000);
  try {
    if (hook.sleep) await sleep(clock, hook.sleep.seconds * 1000, aborted.signal);
    else return await runHook(hook, container, running, aborted.signal);
    return undefined;
  } catch (error) {
    // A container that cannot be asked is stopped all the same.
    return error instanceof Error ? error.message : String(error);
  } finally {
    timer.cancel();
  }
}

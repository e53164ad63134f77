import { type Clock, type Logger, sleep } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { restore } from "../restore.ts";
import type { Runtime, Sandbox } from "../runtime/runtime.ts";
import { podKey } from "./pod-key.ts";

export interface RecoverOptions {
  readonly runtime: Pick<Runtime, "recover">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly records: readonly ContainerRecord[];
  pod(): Pod;
  /** The Pod's sandbox still runs: its volumes have to be known again. @throws Error */
  recoverVolumes(): Promise<void>;
}

/**
 * Fills the records with what an earlier life of the agent ran, and tries until it has found out.
 * @returns the sandbox that the Pod still has
 */
export async function recover(options: RecoverOptions): Promise<Sandbox | undefined> {
  const { clock, logger } = options;
  for (;;) {
    try {
      return await recoverOnce(options);
    } catch (error) {
      logger.warn({ err: error, pod: podKey(options.pod()) }, "looking for what is left of a Pod failed; trying again");
      await sleep(clock, 1000);
    }
  }
}

async function recoverOnce({ runtime, records, pod: current, recoverVolumes }: RecoverOptions) {
  const pod = current();
  const left = await runtime.recover(pod);
  restore(records, pod.status, left);
  if (left?.sandbox) await recoverVolumes();
  return left?.sandbox;
}

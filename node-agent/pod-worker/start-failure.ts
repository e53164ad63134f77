import type { Clock } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { Backoff } from "../backoff.ts";
import { ConfigError } from "../config-error.ts";
import type { ContainerRecord } from "../container-state.ts";
import { ImageError, StartError } from "../runtime/runtime.ts";
import { reportImageFailure } from "./image-pull.ts";
import type { PodEvent } from "./pod-event.ts";
import { podKey } from "./pod-key.ts";

/** What runtimes say of a container that they could not start. */
const START_ERROR_CODE = 128;

export interface StartFailureOptions {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly event: PodEvent;
  pod(): Pod;
  isTerminating(): boolean;
  statusChanged(): void;
  /** Looks at the container again after so many ms. */
  later(record: ContainerRecord, milliseconds: number): void;
}

/** A container could not be started: says why, and when it is tried again. `attempt`: restarts before this start */
export function reportStartFailure(
  record: ContainerRecord,
  { error, attempt }: { error: unknown; attempt: number },
  options: StartFailureOptions,
): void {
  const { clock, backoff, event, pod, statusChanged, later } = options;
  const { name } = record.container;
  if (error instanceof StartError) return reportNotStarted(record, error, attempt, options);
  const pauseAfter = (what: string) => backoff.next(`${podKey(pod())}/${name}/${what}`, clock.now().getTime());
  if (error instanceof ImageError) {
    const pause = pauseAfter("image");
    reportImageFailure(record, error, { ...options, pause });
    return later(record, pause);
  }
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof ConfigError ? "CreateContainerConfigError" : "RunContainerError";
  record.waiting = { reason, message };
  event("Warning", "Failed", `Error: ${message}`, name);
  statusChanged();
  later(record, pauseAfter("config"));
}

/** A container was made but not started: as if it had ended at once. */
function reportNotStarted(
  record: ContainerRecord,
  { id, message }: StartError,
  attempt: number,
  { clock, event, statusChanged, later }: StartFailureOptions,
): void {
  const { name } = record.container;
  event("Normal", "Created", `Container created`, name);
  event("Warning", "Failed", `Error: ${message}`, name);
  record.lastExit = record.exit;
  const result = { exitCode: START_ERROR_CODE, reason: "StartError", message, finishedAt: clock.now() };
  record.exit = { result, id, startedAt: new Date(0) };
  record.restartCount = attempt;
  record.waiting = { reason: "RunContainerError", message };
  statusChanged();
  later(record, 1);
}

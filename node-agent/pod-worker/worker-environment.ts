import type { Clock, EventRecorder, Logger } from "../../client/index.ts";
import type { Backoff } from "../backoff.ts";
import type { PodWorker } from "../pod-worker.ts";
import type { ProbeMeter } from "../probes/probe-meter.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { PodView } from "../volumes/pod-volumes.ts";
import type { Volume } from "../volumes/volume.ts";
import type { ContainerSurroundings } from "./container-start.ts";

/** What a worker needs of its node. */
export interface WorkerEnvironment extends ContainerSurroundings {
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Where its probes' answers are counted. */
  readonly meter: ProbeMeter;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly backoff: Backoff;
  /** All volumes of a Pod that its containers mount. @throws Error for a FailedMount event */
  volumes(view: PodView): Promise<Volume[]>;
  /** What the node has too little of for the amounts that the Pod asks for now; undefined when it has room. */
  lacksFor(worker: PodWorker): string | undefined;
  /** The worker has a new status to be written. */
  statusChanged(worker: PodWorker): void;
  /** Everything of the Pod has stopped, its final status is written next, and then it may be deleted. */
  finished(worker: PodWorker): void;
}

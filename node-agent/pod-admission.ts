import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { type Rejection, rejection } from "./admission.ts";
import { podsToPreempt } from "./critical-pods.ts";
import { pressureRejection } from "./eviction/admission.ts";
import type { PodWorker } from "./pod-worker.ts";
import { lackingResources, outOf, placementRejection, predicateRejection } from "./predicates.ts";
import type { Runtime } from "./runtime/runtime.ts";

export interface PodAdmissionOptions {
  /** All of the node, by uid. */
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly features: Runtime["features"];
  readonly allowedUnsafeSysctls: readonly string[] | undefined;
  node(): Node;
  /** What the node is short of. */
  pressure(): Parameters<typeof pressureRejection>[1];
}

/** Whether a Pod has ended for good. */
export const isOver = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

/** Whom a node takes beside the Pods that it has. (pkg/kubelet/lifecycle) */
export class PodAdmission {
  readonly #options: PodAdmissionOptions;

  constructor(options: PodAdmissionOptions) {
    this.#options = options;
  }

  /** Why the node does not take a Pod, as far as it knows itself. */
  refusal(pod: Pod): Rejection | undefined {
    if (isOver(pod) || pod.metadata.deletionTimestamp) return undefined;
    const { node, pressure, features, allowedUnsafeSysctls } = this.#options;
    return (
      pressureRejection(pod, pressure()) ??
      rejection(pod, features, allowedUnsafeSysctls) ??
      predicateRejection(pod, this.#allocatedBeside(pod), node())
    );
  }

  /** What there is too little of for the amounts that a Pod now asks for, in kubelet's words. */
  lacksFor({ pod }: PodWorker): string | undefined {
    const [lacking] = lackingResources(pod, this.#allocatedBeside(pod), this.#options.node());
    return lacking && outOf(lacking).message;
  }

  /** A critical Pod gets the place of others when there is too little of something. @returns why it still does not fit */
  async makeRoom({ pod }: PodWorker): Promise<Rejection | undefined> {
    const { node, features, allowedUnsafeSysctls } = this.#options;
    const beside = this.#runningBeside(pod);
    const others = beside.map((one) => one.allocated);
    const other = rejection(pod, features, allowedUnsafeSysctls) ?? placementRejection(pod, others, node());
    if (other) return other;
    const victims = podsToPreempt(pod, others, lackingResources(pod, others, node()));
    if (typeof victims === "string") {
      const message = `Unexpected error while attempting to recover from admission failure: ${victims}`;
      return { reason: "UnexpectedAdmissionError", message };
    }
    const leaving = beside.filter((_, index) => victims.includes(others[index] as Pod)); // of the same length
    for (const one of leaving) one.preempt();
    await Promise.all(leaving.map((one) => one.ended));
    return undefined;
  }

  #allocatedBeside(pod: Pod): Pod[] {
    return this.#runningBeside(pod).map((worker) => worker.allocated);
  }

  #runningBeside(pod: Pod): PodWorker[] {
    return [...this.#options.workers.values()].filter(
      (worker) => !worker.isFinished && !isOver(worker.pod) && worker.pod.metadata.uid !== pod.metadata.uid,
    );
  }
}

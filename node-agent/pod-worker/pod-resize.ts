import { type Clock, timestamp } from "../../client/index.ts";
import type { Container, Pod, PodCondition, PodSpec } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { allocatedPod } from "./allocated-pod.ts";
import type { PodEvent } from "./pod-event.ts";

export interface PodResizeOptions {
  readonly clock: Clock;
  readonly event: PodEvent;
  pod(): Pod;
  /** What the node has too little of for the Pod as its spec is now; undefined when it has room. */
  lacks(): string | undefined;
}

/** What becomes of a Pod's wish for other amounts, as its conditions and events tell. (pkg/kubelet/allocation) */
export class PodResize {
  readonly #options: PodResizeOptions;
  #pending: PodCondition | undefined;
  #inProgress: PodCondition | undefined;
  #podResources: PodSpec["resources"];

  constructor(options: PodResizeOptions) {
    this.#options = options;
    this.#podResources = options.pod().spec.resources;
  }

  /** Amounts that the Pod has as a whole, beside those of its containers. */
  get podResources(): PodSpec["resources"] {
    return this.#podResources;
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The Pod with the amounts that it has, which may be others than those it wants. */
  allocated(records: readonly ContainerRecord[]): Pod {
    const pod = this.#options.pod();
    return this.isPending ? allocatedPod(pod, records, this.#podResources) : pod;
  }

  conditions(): PodCondition[] {
    return [this.#pending, this.#inProgress].filter((one) => one !== undefined);
  }

  /** @returns whether the node takes it: then `done` is to be called once it is so */
  begin(): boolean {
    const { event, lacks } = this.#options;
    const message = lacks();
    if (message !== undefined) {
      const before = this.#pending;
      this.#pending = this.#condition("PodResizePending", { reason: "Deferred", message }, before);
      if (before?.observedGeneration !== this.#pending.observedGeneration)
        event("Warning", "ResizeDeferred", this.#text("Pod resize Deferred", message));
      return false;
    }
    this.#pending = undefined;
    this.#podResources = this.#options.pod().spec.resources;
    this.#inProgress = this.#condition("PodResizeInProgress", {}, undefined);
    event("Normal", "ResizeStarted", this.#text("Pod resize started"));
    return true;
  }

  /** @param problem why it came to nothing */
  done(problem?: string): void {
    const { event } = this.#options;
    if (problem !== undefined && this.#inProgress) {
      const error = { reason: "Error", message: problem };
      this.#inProgress = this.#condition("PodResizeInProgress", error, this.#inProgress);
      event("Warning", "ResizeError", this.#text("Pod resize error", problem));
      return;
    }
    this.#inProgress = undefined;
    event("Normal", "ResizeCompleted", this.#text("Pod resize completed"));
  }

  /** The spec is again what the Pod has. */
  withdraw(): void {
    this.#pending = undefined;
  }

  #condition(type: string, why: { reason?: string; message?: string }, before: PodCondition | undefined): PodCondition {
    const now = timestamp(this.#options.clock.now());
    const { generation } = this.#options.pod().metadata;
    return {
      type,
      status: "True",
      lastProbeTime: now,
      lastTransitionTime: before?.reason === why.reason ? (before?.lastTransitionTime ?? now) : now,
      ...(generation && { observedGeneration: generation }),
      ...why,
    };
  }

  /** With all amounts, as JSON. (pkg/kubelet/events/resize.go) */
  #text(what: string, error?: string): string {
    const { spec, metadata } = this.#options.pod();
    const summary = (containers: readonly Container[] | undefined) =>
      containers?.length
        ? containers.map(({ name, resources }) => ({ name, resources: amountsOf(resources) }))
        : undefined;
    const all = {
      initContainers: summary(spec.initContainers),
      containers: summary(spec.containers),
      generation: metadata.generation ?? 0,
      ...(error && { error }),
    };
    return `${what}: ${JSON.stringify(all)}`;
  }
}

/** In Go's order: limits before requests, names sorted. */
function amountsOf({ limits, requests }: NonNullable<Container["resources"]> = {}) {
  const sorted = (list: Record<string, string> | undefined) =>
    list && Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { limits: sorted(limits), requests: sorted(requests) };
}

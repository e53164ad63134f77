import type { Clock } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import type { ProbeMeter } from "../probes/probe-meter.ts";
import { type Probes, startProbes } from "../probes/prober.ts";
import { gracePeriod } from "./grace-period.ts";
import type { PodEvent } from "./pod-event.ts";

export interface ContainerProbesOptions {
  readonly clock: Clock;
  readonly event: PodEvent;
  readonly meter: ProbeMeter;
  pod(): Pod;
  /** The Pod's own, for texts. */
  address(): string;
  statusChanged(): void;
  /** A container has started for good: others may wait for it. */
  sync(): void;
}

/** Watches over the running containers of a Pod: what their probes say of them, and what follows from it. */
export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #probes = new Map<ContainerRecord, Probes>();

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
  }

  /** The container has ended. */
  stop(record: ContainerRecord): void {
    this.#probes.get(record)?.stop();
    this.#probes.delete(record);
  }

  /** The Pod ends. What serves until then is ready until then, for Services that have nobody else. */
  stopLivenessAndStartup(): void {
    for (const probe of this.#probes.values()) probe.stopLivenessAndStartup();
  }

  /** Probes of a running container. */
  watchOver(record: ContainerRecord): void {
    const { clock, event, meter, pod, address, statusChanged, sync } = this.#options;
    const { running, container } = record;
    if (!running) return;
    const { startupProbe, ...afterStart } = container;
    const { name } = container;
    const probes = startProbes({
      container: record.started && startupProbe ? afterStart : container,
      running,
      clock,
      address: address(),
      count: (kind) => {
        const { uid = "", namespace = "", name: podName = "" } = pod().metadata;
        return meter.of({ podUid: uid, namespace, pod: podName, container: name, kind });
      },
      started: () => {
        if (record.running !== running) return;
        record.started = true;
        if (!container.readinessProbe) record.ready = true;
        statusChanged();
        sync();
      },
      ready: (ready) => {
        if (record.running !== running || record.ready === ready) return;
        record.ready = ready;
        statusChanged();
      },
      errored: (kind, message) =>
        event("Warning", "Unhealthy", `${kind} probe errored and resulted in unknown state: ${message}`, name),
      unhealthy: (kind, message) => event("Warning", "Unhealthy", `${kind} probe failed: ${message}`, name),
      warned: (kind, message) => event("Warning", "ProbeWarning", `${kind} probe warning: ${message}`, name),
      kill: (kind, grace) => {
        event("Normal", "Killing", `Container ${name} failed ${kind} probe, will be restarted`, name);
        running.stop(grace ?? gracePeriod(pod()));
      },
    });
    this.#probes.set(record, probes);
  }
}

import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Clock } from "./clock.ts";
import { type QueueMetrics, queueMetrics } from "./queue-metrics.ts";

/** What a component counts; scraped from its /metrics. */
export interface ComponentMetrics {
  readonly registry: Registry;
  reconciled(controller: string, result: "success" | "error"): void;
  /** What one work queue counts. @param name as upstream's of that queue */
  queue(name: string): QueueMetrics;
}

/** Has the metrics of the process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Tells whether this copy leads, whenever metrics are asked for. @param name of the Lease */
export function observeLead(registry: Registry, name: string, isLeading: () => boolean): void {
  new Gauge({
    name: "leader_election_master_status",
    help: "1 while this copy holds the lease of that name, 0 while it stands by.",
    labelNames: ["name"],
    registers: [registry],
    collect() {
      this.set({ name }, isLeading() ? 1 : 0);
    },
  });
}

/** Makes the metrics of a component that runs controllers. */
export function createMetrics(clock: Clock): ComponentMetrics {
  const registry = createRegistry();
  const reconciles = new Counter({
    name: "inkube_controller_reconciles_total",
    help: "Reconciles by controller and result.",
    labelNames: ["controller", "result"],
    registers: [registry],
  });
  return {
    registry,
    reconciled: (controller, result) => reconciles.inc({ controller, result }),
    queue: queueMetrics(registry, clock),
  };
}

/** Upper bounds of a histogram: `count` of them, each `factor` times the one before. (component-base/metrics) */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => start * factor ** n);

import { Counter, collectDefaultMetrics, Registry } from "prom-client";

/** What a component counts; scraped from its /metrics. */
export interface ComponentMetrics {
  readonly registry: Registry;
  reconciled(controller: string, result: "success" | "error"): void;
}

/** Makes a component's metrics, with those of the process. */
export function createMetrics(): ComponentMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reconciles = new Counter({
    name: "inkube_controller_reconciles_total",
    help: "Reconciles by controller and result.",
    labelNames: ["controller", "result"],
    registers: [registry],
  });
  return { registry, reconciled: (controller, result) => reconciles.inc({ controller, result }) };
}

import { Registry } from "prom-client";
import type { Endpoint } from "./routes/health.ts";
import { Series } from "./series.ts";

/** How each health check went when the endpoints were asked. (component-base/metrics/prometheus/slis) */
export class HealthMetrics {
  readonly #last = new Series(
    "kubernetes_healthcheck",
    "gauge",
    "[STABLE] This metric records the result of a single healthcheck.",
    ["name", "type"],
  );
  readonly #total = new Series(
    "kubernetes_healthchecks_total",
    "counter",
    "[STABLE] This metric records the results of all healthcheck.",
    ["name", "status", "type"],
  );
  readonly series: readonly Series[] = [this.#last, this.#total];

  readonly startedSeconds: number;
  readonly #registry = new Registry();

  constructor(now: Date) {
    this.startedSeconds = Math.floor(now.getTime() / 1000);
    for (const series of this.series) series.registerIn(this.#registry);
  }

  /** Alone, for /metrics/slis. */
  expose(): Promise<string> {
    return this.#registry.metrics();
  }

  reset(): void {
    for (const series of this.series) series.reset();
  }

  observe(name: string, endpoint: Endpoint, isWell: boolean): void {
    this.#last.set(`${name}\0${endpoint}`, isWell ? 1 : 0);
    this.#total.add(`${name}\0${isWell ? "success" : "error"}\0${endpoint}`, 1);
  }
}

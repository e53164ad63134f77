import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What the metrics server counts about itself, under the names of upstream's. (metrics-server pkg/{scraper,storage,api}) */
export interface OwnMetrics {
  readonly registry: Registry;
  /** A node was asked. @param at when, in ms */
  asked(node: string, facts: { readonly success: boolean; readonly seconds: number; readonly at: number }): void;
  /** Something measured was told to somebody. @param seconds how old it was */
  told(seconds: number): void;
  /** Says how many measurements are held, when metrics are asked for. */
  observePoints(count: () => { readonly nodes: number; readonly containers: number }): void;
}

/** From one second to some eight minutes. */
const AGES = Array.from({ length: 20 }, (_, n) => 1.364 ** n);

export function createOwnMetrics(): OwnMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const named = (name: string, help: string, labelNames: string[] = []) => ({
    ...{ name: `metrics_server_${name}`, help, labelNames, registers },
  });
  const duration = new Histogram(
    named("kubelet_request_duration_seconds", "Duration of requests to a kubelet in seconds.", ["node"]),
  );
  const total = new Counter(named("kubelet_request_total", "Requests to kubelets.", ["success"]));
  const last = new Gauge(
    named("kubelet_last_request_time_seconds", "Time of the last request to a kubelet since the epoch in seconds.", [
      "node",
    ]),
  );
  const freshness = new Histogram({
    ...named("api_metric_freshness_seconds", "Age of what was told in seconds."),
    buckets: AGES,
  });
  return {
    registry,
    asked(node, { success, seconds, at }) {
      duration.observe({ node }, seconds);
      total.inc({ success: String(success) });
      last.set({ node }, at / 1000);
    },
    told: (seconds) => freshness.observe(seconds),
    observePoints(count) {
      new Gauge({
        ...named("storage_points", "Measurements held.", ["type"]),
        collect() {
          const { nodes, containers } = count();
          this.set({ type: "node" }, nodes);
          this.set({ type: "container" }, containers);
        },
      });
    },
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../client/index.ts";
import type { ProxyMetrics } from "../metrics.ts";
import type { ProxyHealth } from "./proxy-health.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const pathOf = ({ url = "/" }: IncomingMessage) => url.split("?")[0];

/** Answers on the port that load balancers ask whether the node takes traffic. (pkg/proxy/healthcheck) */
export function healthAnswers(options: {
  readonly health: ProxyHealth;
  /** Whether the node is there and not about to be taken away. */
  isNodeEligible(): boolean;
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
}): Answer {
  const { health, metrics, clock } = options;
  return (request, response) => {
    const path = pathOf(request);
    if (path !== "/healthz" && path !== "/livez") {
      response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
      response.end("404 page not found\n");
      return;
    }
    const report = health.report(clock.now());
    const nodeEligible = options.isNodeEligible();
    const healthy = report.healthy && (path === "/livez" || nodeEligible);
    const code = healthy ? 200 : 503;
    metrics.asked(path === "/healthz" ? "healthz" : "livez", code);
    response.writeHead(code, { "Content-Type": "application/json", "X-Content-Type-Options": "nosniff" });
    const { status, healthy: _, lastUpdated, currentTime } = report;
    response.end(
      JSON.stringify({
        // Who is well is so now, whenever something last changed.
        lastUpdated: healthy ? currentTime : lastUpdated,
        currentTime,
        ...(path === "/healthz" && { nodeEligible }),
        healthy: report.healthy,
        status,
      }),
    );
  };
}

/** Answers on the port of metrics. */
export function metricsAnswers({ registry }: ProxyMetrics): Answer {
  return (request, response) => {
    const text = (code: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(code, { "Content-Type": type, "X-Content-Type-Options": "nosniff" });
      response.end(body);
    };
    const path = pathOf(request);
    if (path === "/healthz") return text(200, "ok");
    if (path === "/proxyMode") return text(200, "nftables");
    if (path !== "/metrics") return text(404, "404 page not found\n");
    registry.metrics().then(
      (body) => text(200, body, registry.contentType),
      (error: unknown) => text(500, String(error)),
    );
  };
}

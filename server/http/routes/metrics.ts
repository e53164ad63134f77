import { gzip } from "node:zlib";
import type { FixedRoute } from "../app-options.ts";
import type { Metrics } from "../metrics.ts";
import { acceptsGzip, send } from "../respond.ts";

const TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** (component-base/metrics/legacyregistry) */
export function metricsRoute(metrics: Metrics): FixedRoute {
  return {
    path: "/metrics",
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS"],
    async handle(ctx) {
      const text = await metrics.expose();
      const started = { "Process-Start-Time-Unix": String(metrics.startedSeconds) };
      if (!acceptsGzip(ctx)) return send(ctx, 200, TYPE, text, started);
      const bytes = await new Promise<Buffer>((resolve, reject) =>
        gzip(text, (error, result) => (error ? reject(error) : resolve(result))),
      );
      send(ctx, 200, TYPE, bytes, { ...started, "Content-Encoding": "gzip" });
    },
  };
}

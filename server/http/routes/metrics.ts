import { gzip } from "node:zlib";
import type { FixedRoute } from "../app-options.ts";
import { acceptsGzip, send } from "../respond.ts";

const TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** What a path of metrics shows. */
export interface Exposed {
  readonly startedSeconds: number;
  /** The Prometheus text. */
  expose(): Promise<string>;
  /** Begins to count anew. */
  reset(): void;
}

/** Any method reads, but DELETE, which sets all to nothing. (component-base/metrics/http.go HandlerWithReset) */
export function metricsRoute(path: string, metrics: Exposed): FixedRoute {
  return {
    path,
    async handle(ctx) {
      if (ctx.req.method === "DELETE") {
        metrics.reset();
        return send(ctx, 200, "text/plain; charset=utf-8", "metrics reset\n");
      }
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

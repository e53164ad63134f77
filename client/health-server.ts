import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ComponentMetrics } from "./metrics.ts";

export interface HealthServerOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Names of what is not ready yet; empty means ready. */
  notReady(): readonly string[];
  metrics: ComponentMetrics;
}

/** Serves /healthz, /livez, /readyz and /metrics of one component. */
export async function serveHealth(options: HealthServerOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, { "Content-Type": type, "X-Content-Type-Options": "nosniff" });
      response.end(text);
    };
    const path = (request.url ?? "/").split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "method not allowed\n");
    if (path === "/healthz" || path === "/livez") return answer(200, "ok");
    if (path === "/readyz") {
      const waiting = options.notReady();
      return waiting.length ? answer(500, waiting.map((name) => `[-]${name} failed\n`).join("")) : answer(200, "ok");
    }
    if (path === "/metrics") {
      const { registry } = options.metrics;
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        (error: unknown) => answer(500, String(error)),
      );
      return;
    }
    answer(404, "404 page not found\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  server.unref();
  return {
    // A TCP server's address is an object.
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

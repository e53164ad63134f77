import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface HealthOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  isReady(): boolean;
  readonly registry: Registry;
}

/** Serves what CoreDNS' plugins health, ready and prometheus serve, at one port. */
export async function serveDnsHealth(options: HealthOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { address, port, isReady, registry } = options;
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, { "Content-Type": type });
      response.end(text);
    };
    const [path] = (request.url ?? "").split("?");
    if (path === "/health") answer(200, "OK");
    else if (path === "/ready") isReady() ? answer(200, "OK") : answer(503, "kubernetes");
    else if (path === "/metrics") answer(200, await registry.metrics(), registry.contentType);
    else answer(404, "404 page not found\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

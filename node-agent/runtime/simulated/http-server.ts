import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Acceptor } from "./network.ts";

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** An HTTP server on simulated connections. */
export function httpAcceptor(handler: HttpHandler): Acceptor {
  const server = createServer((request, response) => {
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
        response.end(error instanceof Error ? error.message : String(error));
      });
  });
  return (connection) => void server.emit("connection", connection);
}

/** One request on a simulated connection. @throws Error */
export function httpGet(
  connection: Duplex,
  {
    method = "GET",
    target,
    headers,
    body,
  }: { method?: string; target: string; headers: Record<string, string>; body?: string },
): Promise<{ code: number; headers: IncomingMessage["headers"]; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { createConnection: () => connection, method, path: target, headers: { Connection: "close", ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ code: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

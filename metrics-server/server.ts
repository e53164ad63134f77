import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { ApiError, type Logger } from "../client/index.ts";
import type { Attributes } from "./authorize.ts";
import { type FrontProxy, type User, userBehind } from "./front-proxy.ts";
import type { MetricsReader } from "./reader.ts";
import { routeOf } from "./routes.ts";
import { StatusError } from "./status-error.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly frontProxy: FrontProxy;
  readonly reader: MetricsReader;
  readonly logger: Logger;
  /** By path. */
  documents(): ReadonlyMap<string, object>;
  /** @throws StatusError 403 */
  authorize(user: User, attributes: Attributes): Promise<void>;
}

export interface MetricsApi {
  readonly port: number;
  /** Whom to believe from now on. */
  trust(frontProxy: FrontProxy): void;
  stop(): Promise<void>;
}

const HEALTH = new Set(["/healthz", "/livez", "/readyz"]);

/** Serves metrics.k8s.io to API servers that stand in front of it. */
export async function serveMetrics(options: ServerOptions): Promise<MetricsApi> {
  const { certificate: cert, key, logger } = options;
  let frontProxy = options.frontProxy;
  const tls = () => ({ cert, key, ca: frontProxy.ca, minVersion: "TLSv1.2" as const });
  const server = createServer({ ...tls(), requestCert: true, rejectUnauthorized: false });

  async function answer(request: IncomingMessage): Promise<{ readonly body: object | string; readonly etag?: string }> {
    const url = new URL(request.url ?? "/", "https://metrics");
    if (HEALTH.has(url.pathname)) return { body: "ok" };
    // The server is made with TLS, so its sockets are of that kind.
    const user = userBehind(frontProxy, request.socket as TLSSocket, request.headers);
    if (!user) throw new StatusError(401, "Unauthorized", "Unauthorized");
    const { method = "GET", headers } = request;
    const documents = url.pathname.startsWith("/openapi/") ? options.documents() : new Map<string, object>();
    const route = routeOf({ method, url, accept: headers.accept ?? "" }, options.reader, documents);
    await options.authorize(user, route.attributes);
    const body = await route.answer();
    return { body, ...(documents.size > 0 && { etag: etagOf(body) }) };
  }

  server.on("request", (request, response) => {
    answer(request).then(
      ({ body, etag }) => {
        const known = etag !== undefined && request.headers["if-none-match"] === etag;
        send(response, known ? 304 : 200, known ? "" : body, etag ? { ETag: etag } : {});
      },
      (error: unknown) => {
        const status = statusOf(error);
        if (status.code >= 500) logger.warn({ err: error, url: request.url }, "request failed");
        send(response, status.code, status);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is an object
    trust(next) {
      frontProxy = next;
      server.setSecureContext(tls());
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const etagOf = (body: object) => `"${createHash("sha512").update(JSON.stringify(body)).digest("hex").toUpperCase()}"`;

/** What the API server refuses us is passed on in its own words. */
function statusOf(error: unknown): { readonly code: number } & object {
  if (error instanceof StatusError) return error.toStatus();
  if (error instanceof ApiError && error.status.kind === "Status" && error.code < 500)
    return { ...error.status, code: error.code };
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`).toStatus();
}

function send(
  response: ServerResponse,
  code: number,
  body: object | string,
  headers: Record<string, string> = {},
): void {
  const isText = typeof body === "string";
  const type = isText ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(code, { ...headers, "Content-Type": type, "Cache-Control": "no-cache, private" });
  response.end(isText ? body : `${JSON.stringify(body)}\n`);
}

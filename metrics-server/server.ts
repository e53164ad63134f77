import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  ApiError,
  type Attributes,
  type Authenticate,
  type Logger,
  StatusError,
  serveTrusting,
  type Trust,
  type TrustingServer,
  type User,
  urlOf,
} from "../client/index.ts";
import { attributesOf } from "./attributes.ts";
import { discoveryAt } from "./discovery.ts";
import { type Answer, encode, wantsPretty } from "./encode.ts";
import { fixedAnswer } from "./fixed-paths.ts";
import { impersonated } from "./impersonate.ts";
import { contentTypeOf, plainMediaType } from "./media-type.ts";
import type { OwnMetrics } from "./own-metrics.ts";
import type { MetricsReader } from "./reader.ts";
import { reply } from "./routes.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly trust: Trust;
  readonly reader: MetricsReader;
  readonly logger: Logger;
  readonly metrics: OwnMetrics;
  /** OpenAPI by path. */
  documents(): ReadonlyMap<string, object>;
  readonly authenticate: Authenticate;
  /** @throws StatusError 403 */
  authorize(user: User, attributes: Attributes): Promise<void>;
}

/** What is sent. */
interface Sent {
  readonly body: string | Uint8Array;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longer than the API server keeps a connection that it does not use. */
const IDLE_MILLISECONDS = 120_000;

/** Serves metrics.k8s.io to API servers that stand in front of it, and to those who come by themselves. */
export async function serveMetrics(options: ServerOptions): Promise<TrustingServer> {
  const { host, port, certificate, key, logger, reader } = options;
  let discovery: ReadonlyMap<string, Answer> = new Map();

  async function answer(request: IncomingMessage, url: URL, trust: Trust): Promise<Sent> {
    const { method = "GET", headers } = request;
    const requestor = await options.authenticate(trust, request);
    const user = await impersonated(requestor, request, options.authorize);
    await options.authorize(user, attributesOf(method, url));
    const fixed = method === "GET" ? await fixedAnswer(url.pathname, options.metrics.registry) : undefined;
    if (fixed) return { ...fixed, headers: { "X-Content-Type-Options": "nosniff" } };
    const document = url.pathname.startsWith("/openapi/") ? options.documents().get(url.pathname) : undefined;
    if (document) {
      return { body: JSON.stringify(document), type: "application/json", headers: { ETag: etagOf(document) } };
    }
    const { accept = "" } = headers;
    const { answer: found, media, contentType } = await reply({ method, url, accept }, reader, discovery);
    const body = encode(found, media, wantsPretty(url.searchParams, headers["user-agent"]));
    return {
      body,
      type: contentType ?? contentTypeOf(media.format),
      ...(contentType && { headers: { ETag: etagOf(found), Vary: "Accept", "Cache-Control": "public" } }),
    };
  }

  function refusal(request: IncomingMessage, url: URL, error: unknown): Sent & { readonly code: number } {
    const status = statusOf(error);
    if (status.code >= 500) logger.warn({ err: error, url: request.url }, "request failed");
    // Who takes none of our formats is shown JSON that people can read.
    const media = plainMediaType(request.headers.accept ?? "");
    const pretty = !media || wantsPretty(url.searchParams, request.headers["user-agent"]);
    return {
      code: status.code,
      body: encode(status, media ?? { format: "json" }, pretty),
      type: contentTypeOf(media?.format ?? "json"),
      ...(status.code === 403 && { headers: { "X-Content-Type-Options": "nosniff" } }),
    };
  }

  const server = await serveTrusting({
    ...{ host, port, certificate, key, trust: options.trust, idleMilliseconds: IDLE_MILLISECONDS },
    handle(request, response, trust = options.trust) {
      const url = urlOf(request);
      answer(request, url, trust).then(
        (sent) => {
          const etag = sent.headers?.ETag;
          const known = etag !== undefined && request.headers["if-none-match"] === etag;
          send(response, known ? 304 : 200, known ? { ...sent, body: "" } : sent);
        },
        (error: unknown) => {
          const { code, ...sent } = refusal(request, url, error);
          send(response, code, sent);
        },
      );
    },
  });
  discovery = discoveryAt(server.port);
  return server;
}

const etagOf = (body: object) => `"${createHash("sha512").update(JSON.stringify(body)).digest("hex").toUpperCase()}"`;

/** What the API server refuses us is passed on in its own words. */
function statusOf(error: unknown): Answer & { readonly code: number } {
  if (error instanceof StatusError) return error.toStatus();
  if (error instanceof ApiError && error.status.kind === "Status" && error.code < 500)
    return { ...error.status, kind: "Status", code: error.code };
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`).toStatus();
}

function send(response: ServerResponse, code: number, { body, type, headers }: Sent): void {
  response.writeHead(code, { "Cache-Control": "no-cache, private", ...headers, "Content-Type": type });
  response.end(body);
}

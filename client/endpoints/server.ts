import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { Authenticate } from "../delegated/authenticate.ts";
import type { Authorize } from "../delegated/authorize.ts";
import type { Trust } from "../delegated/front-proxy.ts";
import { StatusError } from "../delegated/status-error.ts";
import type { Logger } from "../logger.ts";
import type { ServingCertificate } from "./certificate.ts";
import { answerHealth, type HealthCheck } from "./health-checks.ts";
import { serveTrusting, type TrustingServer, urlOf } from "./trusting-server.ts";

/** What is told at a component's endpoints. */
export interface EndpointContents {
  /** By path without its slash, such as `healthz`. Asked each time: checks come and go. */
  readonly health: Readonly<Record<string, () => readonly HealthCheck[]>>;
  readonly metrics: Registry;
  /** The component's configuration by name, for /configz. Absent: it is not served. */
  readonly configz?: Readonly<Record<string, unknown>>;
}

export interface EndpointServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly certificate: ServingCertificate;
  readonly contents: EndpointContents;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly logger: Logger;
}

interface Sent {
  readonly code: number;
  readonly body: string;
  readonly type: string;
}

const TEXT = "text/plain; charset=utf-8";
const NOT_FOUND: Sent = { code: 404, body: "404 page not found\n", type: TEXT };

/**
 * Serves /healthz and its like, /metrics and /configz of a component, to those whom the API server lets in.
 * (cmd/kube-scheduler/app/server.go, controller-manager/app/serve.go)
 * @throws Error when the port is taken
 */
export async function serveEndpoints(options: EndpointServerOptions): Promise<TrustingServer> {
  const { host, port, contents, logger } = options;

  async function answer(request: IncomingMessage, trust: Trust | undefined): Promise<Sent> {
    const { pathname, searchParams } = urlOf(request);
    const user = await options.authenticate(trust, request).catch((error: unknown) => {
      if (!(error instanceof StatusError)) logger.warn({ err: error }, "unable to authenticate the request");
      throw new StatusError(401, "Unauthorized", "Unauthorized");
    });
    await options.authorize(user, { verb: (request.method ?? "GET").toLowerCase(), path: pathname });
    const path = pathname.slice(1);
    const checks = contents.health[path.split("/", 1)[0] ?? ""];
    if (checks) {
      const health = answerHealth(path, checks(), searchParams);
      return health ? { code: health.code, body: health.text, type: TEXT } : NOT_FOUND;
    }
    if (path === "metrics")
      return { code: 200, body: await contents.metrics.metrics(), type: contents.metrics.contentType };
    if (path === "configz" && contents.configz)
      return { code: 200, body: JSON.stringify(contents.configz), type: "application/json" };
    return NOT_FOUND;
  }

  function send(response: ServerResponse, { code, body, type }: Sent): void {
    response.writeHead(code, {
      "Cache-Control": "no-cache, private",
      "Content-Type": type,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(body);
  }

  return serveTrusting({
    ...{ host, port, ...options.certificate },
    handle: (request, response, trust) =>
      void answer(request, trust).then(
        (sent) => send(response, sent),
        (error: unknown) => {
          const status = statusOf(error);
          if (status.code >= 500) logger.warn({ err: error, url: request.url }, "request failed");
          send(response, { code: status.code, body: `${JSON.stringify(status)}\n`, type: "application/json" });
        },
      ),
  });
}

/** (apiserver/pkg/endpoints/filters/{authentication,authorization}.go) */
function statusOf(error: unknown): { readonly code: number } {
  if (error instanceof StatusError) return error.toStatus();
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`).toStatus();
}

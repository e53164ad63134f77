import type { IncomingMessage } from "node:http";
import type { Http2Stream } from "node:http2";
import type { Middleware } from "koa";
import { type Ctx, canRespond } from "../respond.ts";
import type { State } from "../state.ts";
import type { WaitGroup } from "./wait-group.ts";

const TEXT = "The apiserver is shutting down, please try again later.\n";
const PROBES = ["/readyz", "/livez", "/healthz", "/metrics"];

/** Those who look at how the server is, and the server itself, are answered to the end. */
export function isAnsweredToTheEnd({ req, state }: Ctx): boolean {
  const { path } = state.requestInfo;
  return PROBES.some((prefix) => path.startsWith(prefix)) || !!req.headers["user-agent"]?.startsWith("kube-apiserver/");
}

/**
 * `--shutdown-send-retry-after`: a server that is about to end tells new requests to come back, and their connections
 * to close, so that clients find another one. (apiserver/pkg/server/filters/with_retry_after.go)
 */
export function retryAfter(group: WaitGroup): Middleware<State> {
  return (ctx, next) => {
    if (!group.stopping || isAnsweredToTheEnd(ctx) || !canRespond(ctx)) return next();
    const { state, res } = ctx;
    const { stream } = ctx.req as IncomingMessage & { stream?: Http2Stream };
    state.responseCode = 429;
    state.responseBytes = TEXT.length;
    res.writeHead(429, {
      "Audit-Id": state.auditId,
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      "Retry-After": "5",
      "Content-Length": TEXT.length,
      ...(!stream && { Connection: "close" }),
    });
    res.end(TEXT);
    stream?.session?.close(); // what the header says, in HTTP/2
  };
}

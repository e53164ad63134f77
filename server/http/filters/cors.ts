import type { Middleware } from "koa";
import { canRespond } from "../respond.ts";
import type { State } from "../state.ts";

const METHODS = "POST, GET, OPTIONS, PUT, DELETE, PATCH";
const HEADERS =
  "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since";

/** `--cors-allowed-origins`: regular expressions. None (the default) sends no CORS headers. (server/filters/cors.go) */
export function cors({ allowedOrigins }: { allowedOrigins: readonly RegExp[] }): Middleware<State> {
  return (ctx, next) => {
    const { origin } = ctx.req.headers;
    if (!origin || !allowedOrigins.some((pattern) => pattern.test(origin)) || !canRespond(ctx)) return next();
    const { res } = ctx;
    res.setHeader("Access-Control-Allow-Origin", origin);
    res.setHeader("Access-Control-Allow-Methods", METHODS);
    res.setHeader("Access-Control-Allow-Headers", HEADERS);
    res.setHeader("Access-Control-Expose-Headers", "Date");
    res.setHeader("Access-Control-Allow-Credentials", "true");
    if (ctx.req.method !== "OPTIONS") return next();
    res.writeHead(204, { "Audit-Id": ctx.state.auditId, "Cache-Control": "no-cache, private" });
    res.end();
  };
}

import type { Middleware } from "koa";
import { isLongRunning } from "../long-running.ts";
import { parseRequestInfo } from "../request-info.ts";
import { parseQuery, pathOf, targetOf } from "../request-url.ts";
import type { Ctx } from "../respond.ts";
import type { State } from "../state.ts";

/** Everything after it reads `ctx.state.requestInfo` and `ctx.state.query`, and never the URL again. */
export function requestInfo(): Middleware<State> {
  return (ctx, next) => {
    const url = targetOf(ctx.req.url ?? "/");
    if (url === undefined) return badUrl(ctx as Ctx);
    if (url !== ctx.req.url) ctx.req.url = url; // routes are found by it
    const mark = url.indexOf("?");
    const escaped = mark < 0 ? url : url.slice(0, mark);
    const path = pathOf(escaped);
    if (path === undefined) return badUrl(ctx as Ctx);
    // Fixed paths are found by what they mean: /api%2Fv1 is /api/v1.
    if (path !== escaped) ctx.path = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
    const { state } = ctx;
    if (mark >= 0 && mark < url.length - 1) state.query = parseQuery(url.slice(mark + 1));
    try {
      state.requestInfo = parseRequestInfo(
        state.upgrade?.extendedConnect ? "GET" : (ctx.req.method ?? "GET"),
        path,
        state.query,
      );
    } catch (error) {
      return badRequestInfo(ctx as Ctx, url, error);
    }
    state.longRunning = isLongRunning(state.requestInfo);
    return next();
  };
}

const TEXT = "text/plain; charset=utf-8";

/** Go's server itself refuses such a URL and closes the connection: no filter has seen it. */
function badUrl(ctx: Ctx): void {
  ctx.state.responseCode = 400;
  const closing = ctx.req.httpVersionMajor === 1 ? { Connection: "close" } : {};
  ctx.res.writeHead(400, { "Content-Type": TEXT, ...closing });
  ctx.res.end("400 Bad Request");
}

/** Refused before the step that forbids caching. (responsewriters.InternalError) */
function badRequestInfo(ctx: Ctx, url: string, error: unknown): void {
  ctx.state.responseCode = 500;
  const text = error instanceof Error ? error.message : String(error);
  const headers = { "Audit-Id": ctx.state.auditId, "Content-Type": TEXT, "X-Content-Type-Options": "nosniff" };
  ctx.res.writeHead(500, headers);
  ctx.res.end(`Internal Server Error: ${JSON.stringify(url)}: failed to create RequestInfo: ${text}\n`);
}

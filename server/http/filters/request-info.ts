import type { Middleware } from "koa";
import { isLongRunning } from "../long-running.ts";
import { parseRequestInfo } from "../request-info.ts";
import { sendText } from "../respond.ts";
import type { State } from "../state.ts";

/** Everything after it reads `ctx.state.requestInfo` and `ctx.state.query`, and never the URL again. */
export function requestInfo(): Middleware<State> {
  return (ctx, next) => {
    const url = ctx.req.url ?? "/";
    const mark = url.indexOf("?");
    let path = mark < 0 ? url : url.slice(0, mark);
    if (path.includes("%")) {
      try {
        path = decodeURIComponent(path);
      } catch {
        sendText(ctx, 400, "400 Bad Request");
        return;
      }
    }
    const { state } = ctx;
    if (mark >= 0 && mark < url.length - 1) state.query = new URLSearchParams(url.slice(mark + 1));
    try {
      state.requestInfo = parseRequestInfo(
        state.upgrade?.extendedConnect ? "GET" : (ctx.req.method ?? "GET"),
        path,
        state.query,
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      sendText(ctx, 500, `Internal Server Error: ${JSON.stringify(url)}: failed to create RequestInfo: ${text}`);
      return;
    }
    state.longRunning = isLongRunning(state.requestInfo);
    return next();
  };
}

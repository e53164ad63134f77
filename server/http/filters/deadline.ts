import type { Middleware } from "koa";
import type { AuditLog } from "../../auth/audit/audit-log.ts";
import { durationMilliseconds } from "../../meta/duration.ts";
import { badRequest } from "../../meta/errors.ts";
import { writeError } from "../errors.ts";
import { type Ctx, send } from "../respond.ts";
import type { State } from "../state.ts";
import { auditRefusal } from "./audit.ts";

/** Upstream encodes this one without kind and apiVersion, and lets Go guess the type. (server/filters/timeout.go) */
const TIMED_OUT = `{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}\n`;

/**
 * Answers 504 when a request takes too long; what was asked for may still happen. `?timeout=` shortens the wait. The
 * signal is aborted then, and when the client goes away.
 */
export function deadline(options: {
  requestTimeoutMilliseconds: number;
  audit?: AuditLog | undefined;
}): Middleware<State> {
  const { requestTimeoutMilliseconds, audit } = options;
  return async (ctx, next) => {
    const { state, res } = ctx;
    // Most connections close after the answer: nobody waits on the signal any more.
    res.once("close", () => {
      if (!res.writableEnded) state.abort();
    });
    if (state.longRunning) return next();
    let limit = requestTimeoutMilliseconds;
    const asked = state.query.size > 0 ? state.query.get("timeout") : null;
    if (asked) {
      let milliseconds: number;
      try {
        milliseconds = durationMilliseconds(asked);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        const message = `invalid timeout specified in the request URL - ${text}`;
        if (audit) auditRefusal(ctx, audit, { code: 400, message });
        return writeError(ctx, badRequest(message));
      }
      if (milliseconds > 0 && milliseconds < limit) {
        limit = milliseconds;
        state.timeoutMilliseconds = limit;
      }
    }
    // A timer cannot be this short: the time is over before the request could be read.
    if (limit < 1) return expire(ctx);
    const timer = setTimeout(expire, limit, ctx);
    try {
      await next();
    } finally {
      clearTimeout(timer);
    }
  };
}

function expire(ctx: Ctx): void {
  ctx.state.terminated = true;
  if (!ctx.res.headersSent) send(ctx, 504, "text/plain; charset=utf-8", TIMED_OUT);
  else ctx.res.destroy();
  ctx.state.abort();
}

import type { Middleware } from "koa";
import { StatusError } from "../../meta/errors.ts";
import { writeError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { State } from "../state.ts";

/** Counts and times what was answered, errors too, and tells the log. */
export function observe(options: {
  now: () => Date;
  metrics: Metrics;
  log?: (state: State, method: string, seconds: number) => void;
}): Middleware<State> {
  const { metrics, log } = options;
  return async (ctx, next) => {
    const started = process.hrtime.bigint();
    const { state } = ctx;
    try {
      await next();
    } catch (error) {
      if (!(error instanceof StatusError) || ctx.res.headersSent) throw error;
      await writeError(ctx, error);
    } finally {
      if (state.longRunning && state.served) metrics.longRunningEnded(state);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      metrics.requestDone(state, ctx.req, seconds);
      log?.(state, ctx.req.method ?? "", seconds);
    }
  };
}

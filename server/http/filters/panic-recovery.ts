import type { Middleware } from "koa";
import { StatusError } from "../../meta/errors.ts";
import { writeError } from "../errors.ts";
import type { State } from "../state.ts";

/** Every throw ends here: StatusErrors are answers, anything else is a bug that must not take the server down. */
export function panicRecovery({ onPanic }: { onPanic: (error: unknown, path: string) => void }): Middleware<State> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof StatusError)) {
        ctx.state.terminated = true;
        onPanic(error, ctx.req.url ?? "");
      }
      if (ctx.res.headersSent) ctx.res.destroy();
      else await writeError(ctx, error);
    }
  };
}

import type { Middleware } from "koa";
import type { State } from "../state.ts";

/** `--strict-transport-security-directives`: tells browsers to come by https only. (server/filters/hsts.go) */
export function hsts({ hstsDirectives }: { hstsDirectives: readonly string[] }): Middleware<State> {
  const value = hstsDirectives.join("; ");
  return (ctx, next) => {
    ctx.res.setHeader("Strict-Transport-Security", value);
    return next();
  };
}

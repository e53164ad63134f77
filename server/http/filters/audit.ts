import type { Middleware } from "koa";
import type { State } from "../state.ts";

/** What is told to whoever keeps the audit log; policy, levels and stages are his. (apiserver/pkg/audit) */
export interface AuditSink {
  requestReceived?(state: State): void;
  responseComplete(state: State): void;
}

export function audit({ sink }: { sink?: AuditSink }): Middleware<State> {
  if (!sink) return (_ctx, next) => next();
  return async (ctx, next) => {
    sink.requestReceived?.(ctx.state);
    try {
      await next();
    } finally {
      sink.responseComplete(ctx.state);
    }
  };
}

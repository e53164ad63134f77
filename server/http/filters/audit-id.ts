import type { Middleware } from "koa";
import { RequestState, type State } from "../state.ts";
import { upgrades } from "../upgrade.ts";

/** Makes the state, and names the request: the client's own `Audit-ID`, else a new one, echoed in every answer. */
export function auditId({ now, newId }: { now: () => Date; newId: () => string }): Middleware<State> {
  return (ctx, next) => {
    const state = new RequestState(now());
    ctx.state = state;
    if (ctx.req.headers.upgrade !== undefined || ctx.req.method === "CONNECT") state.upgrade = upgrades.get(ctx.req);
    ctx.respond = false; // answers are written in respond.ts, past Koa
    const given = ctx.req.headers["audit-id"];
    state.auditId = (Array.isArray(given) ? given[0] : given) || newId();
    return next();
  };
}

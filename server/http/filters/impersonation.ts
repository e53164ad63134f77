import type { IncomingHttpHeaders } from "node:http";
import type { Middleware } from "koa";
import type { Authorizer } from "../../auth/authorizer.ts";
import { Impersonation, type WantedUser, withoutNameMessage } from "../../auth/impersonation.ts";
import { forbiddenTo } from "../../meta/access-denied.ts";
import { badRequest, StatusError } from "../../meta/errors.ts";
import { headerText, unescapeKey } from "../../meta/header-text.ts";
import { writeError } from "../errors.ts";
import type { ImpersonationMetrics } from "../impersonation-metrics.ts";
import type { Ctx } from "../respond.ts";
import type { State } from "../state.ts";
import { attributesOf } from "./authorization.ts";

const EXTRA = "impersonate-extra-";
const NO_SNIFF = { "X-Content-Type-Options": "nosniff" };

/** `Impersonate-*` headers: the request goes on as somebody else, if it may. (filters/impersonation) */
export function impersonation(options: {
  authorizer: Authorizer;
  impersonationMetrics?: ImpersonationMetrics | undefined;
}): Middleware<State> {
  const { authorizer, impersonationMetrics: metrics } = options;
  const rights = new Impersonation(metrics?.counting(authorizer) ?? authorizer, forbiddenTo);
  return (ctx, next) => {
    const { headers } = ctx.req;
    // Looked at by name: most requests have none, and walking all headers costs more than asking for three.
    if (!headers["impersonate-user"] && !headers["impersonate-group"] && !headers["impersonate-uid"]) {
      let found = false;
      for (const name in headers) if (name.startsWith(EXTRA)) found = true;
      if (!found) return next();
    }
    return impersonate(ctx, { rights, metrics }, next);
  };
}

async function impersonate(
  ctx: Ctx,
  { rights, metrics }: { rights: Impersonation; metrics: ImpersonationMetrics | undefined },
  next: () => Promise<unknown>,
): Promise<void> {
  const wanted = wishes(ctx.req.headers, ctx.req.rawHeaders);
  if (!wanted.name) return writeError(ctx, badRequest(withoutNameMessage(wanted)), NO_SNIFF);
  const requestor = ctx.state.user;
  const ended = metrics?.attempt();
  try {
    const { user, constraint } = await rights.decide(wanted, attributesOf(requestor, ctx.state.requestInfo));
    ended?.(constraint);
    ctx.state.user = user;
    if (constraint) ctx.state.impersonationConstraint = constraint;
  } catch (error) {
    ended?.(undefined);
    if (!(error instanceof StatusError)) throw error;
    return writeError(ctx, error, NO_SNIFF);
  }
  ctx.state.impersonator = requestor;
  for (const name of Object.keys(ctx.req.headers)) {
    if (name.startsWith("impersonate-")) ctx.req.headers[name] = undefined;
  }
  await next();
}

/** Node joins repeated headers with commas, so values are read from the raw ones: group names may hold commas. */
function rawValues(raw: readonly string[], wanted: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]!.toLowerCase() === wanted) values.push(headerText(raw[i + 1]!));
  }
  return values;
}

function wishes(headers: IncomingHttpHeaders, raw: readonly string[]): WantedUser {
  const extra: Record<string, string[]> = {};
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(EXTRA)) continue;
    extra[unescapeKey(name.slice(EXTRA.length))] = rawValues(raw, name);
  }
  return {
    name: headerText(String(headers["impersonate-user"] ?? "")),
    groups: rawValues(raw, "impersonate-group"),
    uid: headerText(String(headers["impersonate-uid"] ?? "")),
    extra,
  };
}

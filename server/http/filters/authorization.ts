import type { Middleware } from "koa";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Authorizer, Decision } from "../../auth/authorizer.ts";
import { escapeHtml, forbiddenTo } from "../../meta/access-denied.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { writeError } from "../errors.ts";
import type { RequestInfo } from "../request-info.ts";
import { type Ctx, sendText } from "../respond.ts";
import type { State } from "../state.ts";

const NO_SNIFF = { "X-Content-Type-Options": "nosniff" };

/** Lets through what is allowed, answers 403 to the rest. (apiserver/pkg/endpoints/filters/authorization.go) */
export function authorization({ authorizer }: { authorizer: Authorizer }): Middleware<State> {
  return (ctx, next) => {
    const attributes = attributesOf(ctx.state.user, ctx.state.requestInfo);
    const decision = authorizer.authorize(attributes);
    if (!(decision instanceof Promise)) return judge(ctx, attributes, decision, next);
    return decision.then((decided) => judge(ctx, attributes, decided, next));
  };
}

function judge(ctx: Ctx, attributes: Attributes, { decision, reason, error }: Decision, next: () => Promise<unknown>) {
  const { auditAnnotations } = ctx.state;
  if (ctx.state.audit && !error) {
    auditAnnotations["authorization.k8s.io/decision"] = decision === "allow" ? "allow" : "forbid";
    auditAnnotations["authorization.k8s.io/reason"] = reason;
  }
  if (decision === "allow") return next();
  // Node's authorizer gives no opinion on errors of its own; only an evaluation that failed is an internal error.
  if (error) {
    const url = escapeHtml(`Internal Server Error: ${goQuote(ctx.req.url ?? "")}: ${error}`);
    return sendText(ctx, 500, url);
  }
  return writeError(ctx, forbiddenTo(attributes, reason), NO_SNIFF);
}

export function attributesOf(user: UserInfo, info: RequestInfo): Attributes {
  const { isResourceRequest, verb, apiGroup, apiVersion, resource, subresource, namespace, name, path } = info;
  return {
    user,
    verb,
    resourceRequest: isResourceRequest,
    group: apiGroup,
    version: apiVersion,
    resource,
    subresource,
    namespace,
    name,
    path,
    ...(info.fieldSelector && { fieldSelector: info.fieldSelector }),
    ...(info.labelSelector && { labelSelector: info.labelSelector }),
  };
}

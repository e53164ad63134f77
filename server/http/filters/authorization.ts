import type { Middleware } from "koa";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Authorizer, Decision } from "../../auth/authorizer.ts";
import { escapeHtml, forbiddenTo } from "../../meta/access-denied.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { writeError } from "../errors.ts";
import type { RequestInfo } from "../request-info.ts";
import { type Ctx, sendText } from "../respond.ts";
import type { SecurityMetrics } from "../security-metrics.ts";
import type { State } from "../state.ts";

const NO_SNIFF = { "X-Content-Type-Options": "nosniff" };

/** Lets through what is allowed, answers 403 to the rest. (apiserver/pkg/endpoints/filters/authorization.go) */
export function authorization(options: {
  authorizer: Authorizer;
  securityMetrics?: SecurityMetrics | undefined;
}): Middleware<State> {
  const { authorizer, securityMetrics: metrics } = options;
  return (ctx, next) => {
    const started = performance.now();
    const attributes = attributesOf(ctx.state.user, ctx.state.requestInfo);
    const settle = (decided: Decision) => {
      metrics?.authorized(resultOf(decided), (performance.now() - started) / 1000);
      return judge(ctx, attributes, decided, next);
    };
    const decision = authorizer.authorize(attributes);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  };
}

function resultOf({ decision, error }: Decision): "allowed" | "denied" | "no-opinion" | "error" {
  if (decision === "allow") return "allowed";
  if (error) return "error";
  return decision === "deny" ? "denied" : "no-opinion";
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
  const attributes: Attributes = {
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
  };
  const { fieldSelector, labelSelector } = info;
  if (!fieldSelector && !labelSelector) return attributes;
  return { ...attributes, ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) };
}

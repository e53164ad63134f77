import type { Middleware } from "koa";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { RequestInfo } from "../request-info.ts";
import { sendText } from "../respond.ts";
import type { State } from "../state.ts";

const READ_VERBS = new Set(["get", "list", "watch"]);

/** Names the flow schema and priority level of a request, for the `X-Kubernetes-Pf-*` headers. */
export interface FlowClassifier {
  classify(user: UserInfo, info: RequestInfo): { flowSchemaUid: string; priorityLevelUid: string } | undefined;
}

/** Requests in flight now, for metrics. */
export interface InFlight {
  reading: number;
  mutating: number;
}

/**
 * At most so many requests at once, reading and mutating counted apart; more are told to come back. 0 = no limit.
 * (apiserver/pkg/server/filters/maxinflight.go; priority levels are classified for the headers, not queued)
 */
export function maxInFlight(options: {
  maxRequestsInFlight: number;
  maxMutatingRequestsInFlight: number;
  inFlight: InFlight;
  flows?: FlowClassifier;
}): Middleware<State> {
  const { maxRequestsInFlight, maxMutatingRequestsInFlight, inFlight, flows } = options;
  return async (ctx, next) => {
    const { state } = ctx;
    const { verb } = state.requestInfo;
    if (flows && (!state.longRunning || verb === "watch")) state.flow = flows.classify(state.user, state.requestInfo);
    if (state.longRunning) return next();
    const key = READ_VERBS.has(verb) ? "reading" : "mutating";
    const limit = key === "reading" ? maxRequestsInFlight : maxMutatingRequestsInFlight;
    if (limit > 0 && inFlight[key] >= limit && !state.user.groups.includes("system:masters")) {
      sendText(ctx, 429, "Too many requests, please try again later.", { "Retry-After": 1 });
      return;
    }
    inFlight[key]++;
    try {
      await next();
    } finally {
      inFlight[key]--;
    }
  };
}

import type { Middleware } from "koa";
import type { RequestInfo } from "../request-info.ts";
import { sendText } from "../respond.ts";
import type { State } from "../state.ts";

const READ_VERBS = new Set(["get", "list", "watch"]);

/** Requests in flight now, for metrics. */
export interface InFlight {
  reading: number;
  mutating: number;
}

export function kindOf({ verb }: RequestInfo): keyof InFlight {
  return READ_VERBS.has(verb) ? "reading" : "mutating";
}

/**
 * At most so many requests at once, reading and mutating counted apart; more are told to come back. 0 = no limit.
 * What servers without priority and fairness have. (apiserver/pkg/server/filters/maxinflight.go)
 */
export function maxInFlight(options: {
  maxRequestsInFlight: number;
  maxMutatingRequestsInFlight: number;
  inFlight: InFlight;
  /** A request was turned away. */
  onDropped(state: State): void;
}): Middleware<State> {
  const { maxRequestsInFlight, maxMutatingRequestsInFlight, inFlight, onDropped } = options;
  return async (ctx, next) => {
    const { state } = ctx;
    if (state.longRunning) return next();
    const key = kindOf(state.requestInfo);
    const limit = key === "reading" ? maxRequestsInFlight : maxMutatingRequestsInFlight;
    if (limit > 0 && inFlight[key] >= limit && !state.user.groups.includes("system:masters")) {
      onDropped(state);
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

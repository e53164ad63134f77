import type { Middleware } from "koa";
import { encodeAny } from "../../../openapi/encode.ts";
import { serviceUnavailable } from "../../meta/errors.ts";
import { statusOf } from "../errors.ts";
import { send } from "../respond.ts";
import type { State } from "../state.ts";
import { isAnsweredToTheEnd } from "./retry-after.ts";

/**
 * What is in flight, so that a stop can wait for it. Watches and other long-running requests are not waited for: their
 * signal is aborted and they end. (apiserver/pkg/server/filters/waitgroup.go)
 */
export class WaitGroup {
  #count = 0;
  #idle: (() => void)[] = [];
  readonly #longRunning = new Set<State>();
  stopping = false;

  /** Turns new requests away and ends the long-running ones. Resolves when nothing is in flight. */
  drain(): Promise<void> {
    this.stopping = true;
    for (const state of this.#longRunning) state.abort();
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  enter(state: State): void {
    if (state.longRunning) this.#longRunning.add(state);
    else this.#count++;
  }

  leave(state: State): void {
    if (state.longRunning) {
      this.#longRunning.delete(state);
      return;
    }
    if (--this.#count > 0 || !this.stopping) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

export function waitGroup(group: WaitGroup): Middleware<State> {
  return async (ctx, next) => {
    const { state } = ctx;
    if (group.stopping) {
      if (isAnsweredToTheEnd(ctx)) return next();
      const body = `${encodeAny(statusOf(serviceUnavailable("apiserver is shutting down")))}\n\n`;
      send(ctx, 503, "application/json", body, { "Retry-After": 1, "X-Content-Type-Options": "nosniff" });
      return;
    }
    group.enter(state);
    try {
      await next();
    } finally {
      group.leave(state);
    }
  };
}

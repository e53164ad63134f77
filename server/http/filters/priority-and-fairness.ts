import type { Middleware } from "koa";
import type { Flow } from "../flow-control/flow.ts";
import type { FlowControl } from "../flow-control/flow-control.ts";
import type { Ticket } from "../flow-control/ticket.ts";
import { type Ctx, sendText } from "../respond.ts";
import type { State } from "../state.ts";
import { type InFlight, kindOf } from "./max-in-flight.ts";

const MAX_WAIT_MILLISECONDS = 60_000;

interface Options {
  readonly flowControl: FlowControl;
  readonly inFlight: InFlight;
  readonly requestTimeoutMilliseconds: number;
  /** A request was turned away. */
  onDropped(state: State): void;
}

/**
 * Lets each request in when its priority level has seats for it, or tells it to come back. A watch has its seats only
 * until it has been told of what there is. (apiserver/pkg/server/filters/priority-and-fairness.go)
 */
export function priorityAndFairness(options: Options): Middleware<State> {
  const { flowControl, inFlight } = options;
  const { metrics, watches } = flowControl;
  return async (ctx, next) => {
    const { state } = ctx;
    const { requestInfo } = state;
    const isWatch = requestInfo.verb === "watch";
    if (state.longRunning && !isWatch) return next();
    const flow = flowControl.classify(state.user, requestInfo);
    state.flow = flow;
    const kind = kindOf(requestInfo);
    const ticket = flow.start(state);
    if (!ticket) return reject(ctx, flow, options);
    if (ticket.waiting) {
      metrics.waits(kind, 1);
      const since = performance.now();
      const isGranted = await turn(ctx, flow, ticket, options);
      state.queuedSeconds = (performance.now() - since) / 1000;
      metrics.waits(kind, -1);
      if (!isGranted) return reject(ctx, flow, options);
    }
    metrics.underWay(kind, ++inFlight[kind]);
    const finish = () => {
      metrics.underWay(kind, --inFlight[kind]);
      flow.finish(ticket);
    };
    if (isWatch) return watch(state, next, finish, watches.add(requestInfo));
    try {
      await next();
    } finally {
      finish();
    }
  };
}

async function watch(
  state: State,
  next: () => Promise<unknown>,
  finish: () => void,
  forget: (() => void) | undefined,
): Promise<void> {
  let isInitialized = false;
  state.initialized = () => {
    if (!isInitialized) finish();
    isInitialized = true;
  };
  try {
    await next();
  } finally {
    state.initialized();
    forget?.();
  }
}

/** Resolves when the ticket has its seats, or with false when it has waited too long or its client has gone. */
function turn(ctx: Ctx, flow: Flow, ticket: Ticket, options: Options): Promise<boolean> {
  const { state } = ctx;
  const { clock } = options.flowControl;
  return new Promise((resolve) => {
    const done = (isGranted: boolean) => {
      stopTimer();
      state.signal.removeEventListener("abort", leave);
      resolve(isGranted);
    };
    const leave = () => {
      flow.cancel(ticket);
      done(false);
    };
    // A quarter of the time that the request has, from when it came.
    const limit = Math.min(
      (state.timeoutMilliseconds ?? options.requestTimeoutMilliseconds) / 4,
      MAX_WAIT_MILLISECONDS,
    );
    const waited = Math.max(0, clock.now() - state.receivedAt.getTime());
    const stopTimer = clock.after(Math.max(0, limit - waited), leave);
    ticket.granted = () => done(true);
    state.signal.addEventListener("abort", leave);
    if (state.signal.aborted) leave();
  });
}

function reject(ctx: Ctx, flow: Flow, { onDropped }: Options): void {
  onDropped(ctx.state);
  sendText(ctx, 429, "Too many requests, please try again later.", { "Retry-After": flow.retryAfter() });
}

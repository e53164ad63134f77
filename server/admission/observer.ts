import type { Operation } from "./plugin.ts";

/** Is told how long admission took, and what came of it. (apiserver/pkg/admission/metrics) */
export interface AdmissionObserver {
  /** @returns seconds since some moment */
  clock(): number;
  /** What is told each time this plugin has run; made once, since requests run dozens of them. */
  plugin(name: string, phase: "admit" | "validate", operation: Operation): Recorder;
  /** All plugins together. */
  step(phase: "admit" | "validate", operation: Operation): Recorder;
  webhook(call: WebhookCall, seconds: number, outcome: WebhookOutcome): void;
  /** A webhook that could not be asked, and need not be. */
  failOpen(call: WebhookCall): void;
}

export type Recorder = (seconds: number, isRejected: boolean) => void;

export interface WebhookCall {
  readonly name: string;
  readonly type: "admit" | "validating";
  readonly operation: Operation;
}

/** `errorType` is absent where nothing was refused; `code` is 0 where the webhook gave none. */
export interface WebhookOutcome {
  readonly code: number;
  readonly errorType?: "no_error" | "calling_webhook_error" | "apiserver_internal_error";
}

/** Calls a webhook and tells the observer. */
export async function observeWebhook<T>(
  observer: AdmissionObserver | undefined,
  call: WebhookCall,
  { run, outcomeOf }: { readonly run: () => Promise<T>; readonly outcomeOf: (error: unknown) => WebhookOutcome },
): Promise<T> {
  if (!observer) return run();
  const started = observer.clock();
  try {
    const result = await run();
    observer.webhook(call, observer.clock() - started, { code: 200 });
    return result;
  } catch (error) {
    observer.webhook(call, observer.clock() - started, outcomeOf(error));
    throw error;
  }
}

import { setImmediate } from "node:timers/promises";
import type { Steps } from "../../openapi/steps.ts";

/** Milliseconds that long work keeps others waiting. */
const TURN = 5;

/** Does long work in steps, and lets all else that waits have its turn every few milliseconds. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - since < TURN) continue;
    await setImmediate();
    since = performance.now();
  }
}

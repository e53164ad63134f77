import { setImmediate } from "node:timers/promises";
import type { Steps } from "../../openapi/steps.ts";

/** Milliseconds that long work keeps others waiting. */
const TURN = 5;

/** A turn of the event loop, for long work that waits for other things as well. */
export class Turn {
  #since = performance.now();

  /** @returns when others have had theirs; undefined: there is time left */
  over(): Promise<void> | undefined {
    if (performance.now() - this.#since < TURN) return undefined;
    return setImmediate().then(() => {
      this.#since = performance.now();
    });
  }
}

/** Does long work in steps, and lets all else that waits have its turn every few milliseconds. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  const turn = new Turn();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const others = turn.over();
    if (others) await others;
  }
}

import { isNamespaceTerminating } from "./api-error.ts";
import type { Clock } from "./clock.ts";
import { Recent } from "./recent.ts";

/** After an event that was refused, so many seconds without another try. */
const REFUSED_SECONDS = 1;

/** Namespaces that are going away refuse all events: thousands need not find out one by one. */
export interface Refusals {
  /** Writes an event of a namespace, unless that is known to refuse it. @throws what `write` throws */
  unlessRefused(namespace: string, write: () => Promise<unknown>): Promise<void>;
}

export function createRefusals(clock: Clock): Refusals {
  /** Until when they need not be tried, in seconds. */
  const refused = new Recent<number>();
  const soon = () => clock.now().getTime() / 1000 + REFUSED_SECONDS;
  return {
    async unlessRefused(namespace, write) {
      const until = refused.get(namespace) ?? 0;
      if (until > clock.now().getTime() / 1000) return;
      // One writer finds out for all whether the namespace takes events again.
      if (until > 0) refused.set(namespace, soon());
      try {
        await write();
      } catch (error) {
        if (isNamespaceTerminating(error)) refused.set(namespace, soon());
        throw error;
      }
      if (until > 0) refused.set(namespace, 0);
    },
  };
}

import type { Authorizer, Decision } from "../auth/authorizer.ts";
import { Series } from "./series.ts";

const LABELS = ["mode", "decision"];
const BUCKETS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const MODES = new Set(["associated-node", "arbitrary-node", "serviceaccount", "user-info"]);

/** Who asked to act as others, by which right. (endpoints/filters/impersonation/metrics) */
export class ImpersonationMetrics {
  readonly #attempts = new Series(
    "apiserver_impersonation_attempts_total",
    "counter",
    "[ALPHA] Total number of impersonation attempts split by mode and decision.",
    LABELS,
  );
  readonly #durations = new Series(
    "apiserver_impersonation_attempts_duration_seconds",
    "histogram",
    "[ALPHA] Latency of impersonation attempts in seconds split by mode and decision.",
    LABELS,
    BUCKETS,
  );
  readonly #questions = new Series(
    "apiserver_impersonation_authorization_attempts_total",
    "counter",
    "[ALPHA] Total number of authorization checks made by the impersonation handler split by mode and decision.",
    LABELS,
  );
  readonly #answers = new Series(
    "apiserver_impersonation_authorization_attempts_duration_seconds",
    "histogram",
    "[ALPHA] Latency of authorization checks made by the impersonation handler in seconds split by mode and decision.",
    LABELS,
    BUCKETS,
  );
  readonly #seconds: () => number;
  readonly series: readonly Series[] = [this.#attempts, this.#durations, this.#questions, this.#answers];

  /** @param seconds a clock that never goes back */
  constructor(seconds: () => number) {
    this.#seconds = seconds;
  }

  /** @returns to be told how an attempt ended: the constraint by which it was allowed, undefined when it was refused */
  attempt(): (constraint: string | undefined) => void {
    const begun = this.#seconds();
    return (constraint) => {
      const key = constraint === undefined ? "\0denied" : `${modeOf(constraint || "impersonate")}\0allowed`;
      this.#attempts.add(key, 1);
      this.#durations.observe(key, this.#seconds() - begun);
    };
  }

  /** An authorizer whose answers are counted. */
  counting(authorizer: Authorizer): Authorizer {
    return {
      name: authorizer.name,
      authorize: async (attributes) => {
        const begun = this.#seconds();
        const decision: Decision = await authorizer.authorize(attributes);
        const key = `${modeOf(attributes.verb)}\0${decision.decision === "allow" ? "allowed" : "denied"}`;
        this.#questions.add(key, 1);
        this.#answers.observe(key, this.#seconds() - begun);
        return decision;
      },
    };
  }
}

/** `impersonate:serviceaccount` and `impersonate-on:serviceaccount:list` are of one mode. */
function modeOf(verb: string): string {
  if (verb === "impersonate") return "legacy";
  const [, mode = ""] = /^impersonate(?:-on)?:([a-z-]+)/.exec(verb) ?? [];
  return MODES.has(mode) ? mode : "unknown";
}

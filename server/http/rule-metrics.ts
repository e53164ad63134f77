import type { RuleObserver } from "../extensions/rules/observer.ts";
import { DEFAULT_BUCKETS, Series } from "./series.ts";

/** How long CEL takes with custom resources. (apiserver/pkg/cel/metrics) */
export class RuleMetrics implements RuleObserver {
  readonly #compilations = new Series(
    "apiserver_cel_compilation_duration_seconds",
    "histogram",
    "[BETA] CEL compilation time in seconds.",
    [],
    DEFAULT_BUCKETS,
  );
  readonly #evaluations = new Series(
    "apiserver_cel_evaluation_duration_seconds",
    "histogram",
    "[BETA] CEL evaluation time in seconds.",
    [],
    DEFAULT_BUCKETS,
  );
  readonly series: readonly Series[] = [this.#compilations, this.#evaluations];
  readonly clock: () => number;

  /** @param clock gives seconds since some moment */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  compiled(seconds: number): void {
    this.#compilations.observe("", seconds);
  }

  evaluated(seconds: number): void {
    this.#evaluations.observe("", seconds);
  }
}

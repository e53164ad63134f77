import { type Observations, type Pressure, SIGNALS } from "./signal.ts";
import { crossed, type Threshold } from "./threshold.ts";

export interface Judgement {
  /** Conditions that the node has. */
  readonly conditions: ReadonlySet<Pressure>;
  /** Thresholds over which a Pod has to go now. */
  readonly met: readonly Threshold[];
}

/**
 * Remembers which thresholds were crossed, and since when; says what to make of what is observed now. Decides only.
 * (pkg/kubelet/eviction/eviction_manager.go synchronize)
 */
export class PressureJudge {
  readonly #thresholds: readonly Threshold[];
  readonly #transitionMs: number;
  #since: ReadonlyMap<Threshold, number> = new Map();
  readonly #lastSeen = new Map<Pressure, number>();
  #met: readonly Threshold[] = [];

  /** @param transitionMs how long a condition stays after it was seen last */
  constructor(thresholds: readonly Threshold[], transitionMs: number) {
    this.#thresholds = thresholds;
    this.#transitionMs = transitionMs;
  }

  judge(observations: Observations, now: Date): Judgement {
    const at = now.getTime();
    // One that was met is over only when as much as wanted has been reclaimed.
    const unresolved = crossed(this.#met, observations, { reclaimed: true });
    const found = new Set([...crossed(this.#thresholds, observations, { reclaimed: false }), ...unresolved]);
    this.#since = new Map([...found].map((threshold) => [threshold, this.#since.get(threshold) ?? at]));
    for (const { signal } of found) this.#lastSeen.set(SIGNALS[signal].condition, at);
    const recent = [...this.#lastSeen].filter(([, seen]) => at - seen < this.#transitionMs);
    this.#met = [...this.#since]
      .filter(([{ graceMs }, since]) => at - since >= graceMs)
      .map(([threshold]) => threshold);
    return { conditions: new Set(recent.map(([condition]) => condition)), met: this.#met };
  }
}

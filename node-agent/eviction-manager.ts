import { type Clock, type Logger, sleep } from "../client/index.ts";
import { crossed, evictionMessage, type Observations, type Signal, type Threshold, victim } from "./eviction.ts";
import type { PodWorker } from "./pod-worker.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** (pkg/kubelet/eviction/eviction_manager.go, evictionPressureTransitionPeriod) in ms */
const LOOK = 10_000;
const TRANSITION = 300_000;

export interface EvictionOptions {
  readonly thresholds: readonly Threshold[];
  observe(): Promise<Observations>;
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A condition of the node is another one now. */
  changed(): void;
}

/** Ends Pods when the node runs out of memory or disk, one at a time, and tells of the pressure for a while. */
export function startEviction(options: EvictionOptions): { isUnder(signal: Signal): boolean; stop(): void } {
  const { thresholds, workers, runtime, clock, logger } = options;
  const aborted = new AbortController();
  const lastMet = new Map<Signal, number>();
  const under = new Set<Signal>();

  async function look(): Promise<void> {
    const observations = await options.observe();
    const met = crossed(thresholds, observations);
    const now = clock.now().getTime();
    for (const { signal } of met) lastMet.set(signal, now);
    let changed = false;
    for (const [signal, at] of lastMet) {
      const is = now - at < TRANSITION;
      if (is === under.has(signal)) continue;
      changed = true;
      if (is) under.add(signal);
      else under.delete(signal);
    }
    if (changed) options.changed();
    const [first] = met;
    const running = [...workers.values()].filter((worker) => !worker.isFinished && !worker.isTerminating);
    // The last one's memory must be free before it is known whether another has to go.
    if (!first || [...workers.values()].some(({ isTerminating, isFinished }) => isTerminating && !isFinished)) return;
    const pods = running.map(({ pod }) => pod);
    const stats = await runtime.stats(pods);
    const pod = victim(pods, stats, first.signal);
    const worker = running.find((each) => each.pod === pod);
    if (!pod || !worker) return;
    logger.warn({ pod: pod.metadata.name, signal: first.signal }, "evicting a Pod");
    worker.evict(evictionMessage(first, observations, pod, stats));
  }

  void (async () => {
    while (!aborted.signal.aborted) {
      await look().catch((error: unknown) => logger.warn({ err: error }, "looking for pressure failed"));
      await sleep(clock, LOOK, aborted.signal);
    }
  })();
  return { isUnder: (signal) => under.has(signal), stop: () => aborted.abort() };
}

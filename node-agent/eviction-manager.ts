import { type Clock, type Logger, sleep } from "../client/index.ts";
import { crossed, evictionMessage, mayGo, type Observations, type Signal, type Threshold, victim } from "./eviction.ts";
import { hasStorageLimit, storageExceeded } from "./local-storage.ts";
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
    if (await evictGreedy()) return;
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

  /** Ends Pods that have more on the disk than they may, whatever there is left. @returns whether there were any */
  async function evictGreedy(): Promise<boolean> {
    const running = [...workers.values()].filter((worker) => !worker.isFinished && !worker.isTerminating);
    const limited = running.filter(({ pod }) => hasStorageLimit(pod) && mayGo(pod));
    if (!runtime.localStorage || limited.length === 0) return false;
    const storage = await runtime.localStorage(limited.map(({ pod }) => pod));
    const greedy = limited.flatMap((worker) => {
      const own = storage.get(worker.pod.metadata.uid ?? "");
      const message = own && storageExceeded(worker.pod, own);
      return message ? [{ worker, message }] : [];
    });
    for (const { worker, message } of greedy) {
      logger.warn({ pod: worker.pod.metadata.name }, "evicting a Pod that has too much on the disk");
      // It is the Pod's own doing: nobody disturbs it.
      worker.evict(message, null);
    }
    return greedy.length > 0;
  }

  void (async () => {
    while (!aborted.signal.aborted) {
      await look().catch((error: unknown) => logger.warn({ err: error }, "looking for pressure failed"));
      await sleep(clock, LOOK, aborted.signal);
    }
  })();
  return { isUnder: (signal) => under.has(signal), stop: () => aborted.abort() };
}

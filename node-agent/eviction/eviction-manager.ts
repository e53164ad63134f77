import { type Clock, type EventRecorder, type Logger, sleep } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { isCritical } from "../critical-pods.ts";
import { eviction } from "../pod-worker/pod-end.ts";
import type { PodWorker } from "../pod-worker.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { hasStorageLimit, storageExceeded } from "./local-storage.ts";
import { evictionMessage } from "./message.ts";
import type { Disks } from "./pod-usage.ts";
import { PressureJudge } from "./pressure.ts";
import { rank } from "./rank.ts";
import { type Observations, type Pressure, SIGNALS } from "./signal.ts";
import { crossed, mostUrgent, type Threshold } from "./threshold.ts";

/** How often it is looked, and for how long an evicted Pod is waited for, in ms. (pkg/kubelet/eviction/eviction_manager.go) */
const LOOK = 10_000;
const CLEAN_UP = 30_000;
/** Seconds that a Pod gets to end where nothing may wait. (immediateEvictionGracePeriodSeconds) */
const AT_ONCE = 1;

/** As kubelet's flags of these names say. */
export interface EvictionSettings {
  readonly thresholds: readonly Threshold[];
  /** How long a condition of the node stays after it was seen last. (--eviction-pressure-transition-period) */
  readonly transitionMs: number;
  /** Seconds that Pods get over soft thresholds, at most. (--eviction-max-pod-grace-period) */
  readonly maxPodGraceSeconds: number;
}

export interface EvictionOptions extends EvictionSettings {
  observe(): Promise<Observations>;
  readonly disks: Disks;
  readonly nodeName: string;
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  /** A condition of the node is another one now. */
  changed(): void;
}

/** What a node knows of its own shortages. */
export interface Eviction {
  readonly conditions: ReadonlySet<Pressure>;
  stop(): void;
}

/** Ends Pods when the node runs out of something, one at a time, and tells of the pressure for a while. */
export function startEviction(options: EvictionOptions): Eviction {
  const { thresholds, workers, runtime, clock, logger, recorder, nodeName } = options;
  const aborted = new AbortController();
  const judge = new PressureJudge(thresholds, options.transitionMs);
  let conditions: ReadonlySet<Pressure> = new Set();
  const activeWorkers = () => [...workers.values()].filter((worker) => !worker.isFinished && !worker.isTerminating);

  /** @returns the Pods that have to go, which are on their way */
  async function look(): Promise<PodWorker[]> {
    const observations = await options.observe();
    const now = judge.judge(observations, clock.now());
    const changed = (Object.values(SIGNALS) as readonly { condition: Pressure }[]).some(
      ({ condition }) => now.conditions.has(condition) !== conditions.has(condition),
    );
    conditions = now.conditions;
    if (changed) options.changed();
    const greedy = await evictGreedy();
    if (greedy.length > 0) return greedy;
    const threshold = mostUrgent(now.met);
    if (!threshold) return [];
    const { resource } = SIGNALS[threshold.signal];
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName } };
    recorder.event(node, "Warning", "EvictionThresholdMet", `Attempting to reclaim ${resource}`);
    if (await reclaim(threshold)) return [];
    const active = activeWorkers();
    const pods = active.map(({ pod }) => pod);
    const usages = new Map(((await runtime.nodeUsage?.(pods))?.pods ?? []).map((usage) => [usage.uid, usage]));
    const pod = rank(pods, usages, threshold.signal, options.disks).find((each) => !isCritical(each));
    const worker = active.find((each) => each.pod === pod);
    if (!pod || !worker) return [];
    logger.warn({ pod: pod.metadata.name, signal: threshold.signal }, "evicting a Pod");
    const usage = usages.get(pod.metadata.uid ?? "");
    const { text, annotations } = evictionMessage(threshold.signal, now.met, observations, pod, usage);
    worker.evict(eviction(text, true, annotations), graceOf(pod, threshold));
    return [worker];
  }

  function graceOf({ spec }: Pod, { graceMs }: Threshold): number {
    if (graceMs === 0) return AT_ONCE;
    const { maxPodGraceSeconds: most } = options;
    return Math.min(most, spec.terminationGracePeriodSeconds ?? most);
  }

  /** Gives back what is nobody's. @returns whether that was enough */
  async function reclaim({ signal }: Threshold): Promise<boolean> {
    if (SIGNALS[signal].condition !== "DiskPressure" || !runtime.removeUnusedImages) return false;
    if (signal.startsWith("nodefs") && options.disks.hasImageFs) return false;
    await runtime.removeUnusedImages().catch((error: unknown) => {
      logger.warn({ err: error }, "removing unused images failed");
    });
    return crossed(thresholds, await options.observe(), { reclaimed: true }).length === 0;
  }

  /** Ends Pods that have more on the disk than they may, whatever there is left. */
  async function evictGreedy(): Promise<PodWorker[]> {
    const limited = activeWorkers().filter(({ pod }) => hasStorageLimit(pod) && !isCritical(pod));
    if (!runtime.localStorage || limited.length === 0) return [];
    const storage = await runtime.localStorage(limited.map(({ pod }) => pod));
    return limited.filter((worker) => {
      const own = storage.get(worker.pod.metadata.uid ?? "");
      const message = own && storageExceeded(worker.pod, own);
      if (!message) return false;
      logger.warn({ pod: worker.pod.metadata.name }, "evicting a Pod that has too much on the disk");
      worker.evict(eviction(message, false), AT_ONCE);
      return true;
    });
  }

  void (async () => {
    while (!aborted.signal.aborted) {
      const leaving = await look().catch((error: unknown) => {
        logger.warn({ err: error }, "looking for pressure failed");
        return [];
      });
      // What it had must be free before it is known whether another has to go.
      const gone = Promise.all(leaving.map(({ ended }) => ended));
      const waiting = new AbortController();
      const stopped = AbortSignal.any([aborted.signal, waiting.signal]);
      if (leaving.length === 0) await sleep(clock, LOOK, aborted.signal);
      else await Promise.race([gone, sleep(clock, CLEAN_UP, stopped)]);
      waiting.abort();
      // Removed is not yet free: runtimes collect what Pods wrote a little later, and kubelet's figures are as old.
      if (leaving.length > 0) await sleep(clock, LOOK, aborted.signal);
    }
  })();
  return {
    get conditions() {
      return conditions;
    },
    stop: () => aborted.abort(),
  };
}

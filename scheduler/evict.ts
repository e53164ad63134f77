import { type Client, isNotFound, type Lister, type Logger, type SeriesRecorder } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { Candidate } from "./framework.ts";
import type { StatusWish } from "./pod-status.ts";

export interface EvictorOptions {
  readonly client: Client;
  readonly logger: Logger;
  readonly recorder: SeriesRecorder;
  readonly pods: Lister<Pod>;
  patchStatus(pod: Pod, wish: StatusWish): Promise<void>;
  /** Pods that are promised this node. */
  nominated(node: string): readonly Pod[];
  /** Called when evicting went wrong: the preemptor should try again. */
  failed(preemptor: Pod): void;
}

/** Evicts victims while the scheduler goes on; until the last one goes, their preemptor must not be tried. */
export interface Evictor {
  isPreempting(uid: string): boolean;
  evict(preemptor: Pod, candidate: Candidate): void;
}

/** Follows pkg/scheduler/framework/preemption/executor.go. */
export function createEvictor({ client, logger, recorder, pods, ...options }: EvictorOptions): Evictor {
  /** The last victim by uid of the preemptor, once all others have been told to go. */
  const running = new Map<string, string | undefined>();
  const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`;

  async function evictOne(preemptor: Pod, victim: Pod, node: string): Promise<void> {
    try {
      await options.patchStatus(victim, {
        condition: {
          type: "DisruptionTarget",
          status: "True",
          reason: "PreemptionByScheduler",
          message: `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`,
        },
      });
      const { name = "", namespace } = victim.metadata;
      await client.delete("v1/pods", { name, namespace }, { uid: victim.metadata.uid });
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    recorder.event({
      regarding: victim,
      related: preemptor,
      type: "Normal",
      reason: "Preempted",
      action: "Preempting",
      note: `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
    });
  }

  async function evictAll(preemptor: Pod, { node, victims }: Candidate): Promise<void> {
    const uid = preemptor.metadata.uid ?? "";
    try {
      // Less important Pods that were promised this node shall look for another one at once.
      const outranked = options
        .nominated(node.name)
        .filter((other) => (other.spec.priority ?? 0) < (preemptor.spec.priority ?? 0));
      for (const other of outranked) await options.patchStatus(other, { nominatedNodeName: "" });
      const going = victims.filter(({ metadata }) => !metadata.deletionTimestamp);
      const last = going.pop();
      await Promise.all(going.map((victim) => evictOne(preemptor, victim, node.name)));
      if (last) {
        running.set(uid, keyOf(last));
        await evictOne(preemptor, last, node.name);
      }
      running.delete(uid);
    } catch (error) {
      running.delete(uid);
      logger.warn({ err: error, pod: keyOf(preemptor) }, "evicting Pods failed");
      options.failed(preemptor);
    }
  }

  return {
    isPreempting(uid) {
      if (!running.has(uid)) return false;
      const last = running.get(uid);
      if (last === undefined) return true;
      const victim = pods.get(last);
      return victim !== undefined && !victim.metadata.deletionTimestamp;
    },
    evict(preemptor, candidate) {
      running.set(preemptor.metadata.uid ?? "", undefined);
      void evictAll(preemptor, candidate);
    },
  };
}

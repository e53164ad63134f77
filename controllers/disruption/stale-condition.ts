import { type Action, timestamp } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { isFinished, podCondition } from "../pods.ts";

/** Whoever said that a Pod is to go has so long to delete it. (stalePodDisruptionTimeout) */
const STALE_MS = 2 * 60_000;

/**
 * Milliseconds until a Pod's condition DisruptionTarget is stale, since nobody has deleted the Pod after all. What
 * kubelet says of its own Pods never is. (nonTerminatingPodHasStaleDisruptionCondition)
 * @returns undefined when there is none that can be
 */
export function staleInMs(pod: Readonly<Pod>, now: Date): number | undefined {
  const condition = podCondition(pod, "DisruptionTarget");
  if (pod.metadata.deletionTimestamp || isFinished(pod)) return undefined;
  if (condition?.status !== "True" || condition.reason === "TerminationByKubelet") return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? "") + STALE_MS - now.getTime());
}

/** Takes back what nobody acted on. (syncStalePodDisruption) */
export function resetStaleCondition(pod: Readonly<Pod>, now: Date): Action[] {
  const wait = staleInMs(pod, now);
  if (wait === undefined) return [];
  if (wait > 0) return [{ do: "requeue", afterMs: wait }];
  const { generation } = pod.metadata;
  const conditions = (pod.status.conditions ?? []).map((one) =>
    one.type === "DisruptionTarget"
      ? {
          type: one.type,
          status: "False",
          ...(generation && { observedGeneration: generation }),
          lastTransitionTime: timestamp(now),
        }
      : one,
  );
  return [
    { do: "updateStatus", resource: "v1/pods", object: { ...pod, status: { ...pod.status, conditions } } as Pod },
  ];
}

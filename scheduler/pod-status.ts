import type { Pod, PodCondition } from "../openapi/api/core.v1.ts";

/** What shall become of a Pod's status. */
export interface StatusWish {
  readonly condition?: Pick<PodCondition, "type" | "status" | "reason" | "message">;
  /** "" clears it, undefined leaves it as it is. */
  readonly nominatedNodeName?: string;
}

/** RFC 3339 in whole seconds, as metav1.Time. */
const seconds = (now: Date) => now.toISOString().replace(/\.\d+Z/, "Z");

/**
 * The strategic merge patch that fulfils a wish, or undefined when the status is like that already. New conditions come
 * after those that are there. (util.PatchPodStatus, podutil.UpdatePodCondition)
 */
export function podStatusPatch({ metadata, status }: Pod, wish: StatusWish, now: Date): object | undefined {
  const { condition, nominatedNodeName } = wish;
  const known = status?.conditions ?? [];
  const old = condition && known.find(({ type }) => type === condition.type);
  const changes =
    condition &&
    (old?.status !== condition.status || old.reason !== condition.reason || old.message !== condition.message);
  const renominates = nominatedNodeName !== undefined && nominatedNodeName !== (status?.nominatedNodeName ?? "");
  if (!changes && !renominates) return undefined;
  const types = known.map(({ type }) => ({ type }));
  return {
    metadata: { uid: metadata.uid },
    status: {
      ...(changes && {
        "$setElementOrder/conditions": old ? types : [...types, { type: condition.type }],
        conditions: [
          {
            ...condition,
            ...(metadata.generation && { observedGeneration: metadata.generation }),
            lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : seconds(now),
          },
        ],
      }),
      ...(renominates && { nominatedNodeName: nominatedNodeName || null }),
    },
  };
}

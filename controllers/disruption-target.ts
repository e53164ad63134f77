import { type Action, timestamp } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { podCondition } from "./pods.ts";

/** Why a Pod is taken away. */
export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

/** Whether a Pod's status says just that already. */
export function saysDisrupted(pod: Readonly<Pod>, { reason, message }: Disruption): boolean {
  const known = podCondition(pod, "DisruptionTarget");
  return known?.status === "True" && known.reason === reason && known.message === message;
}

/** Says in a Pod's status why the control plane takes it away, and that it failed when nobody else will. (KEP-3329) */
export function markDisrupted(pod: Readonly<Pod>, why: Disruption | undefined, now: Date, failed: boolean): Action {
  const { generation, uid } = pod.metadata;
  const known = podCondition(pod, "DisruptionTarget");
  const since = known?.status === "True" ? known.lastTransitionTime : undefined;
  const condition = why && {
    type: "DisruptionTarget",
    status: "True",
    ...(generation && { observedGeneration: generation }),
    lastTransitionTime: since ?? timestamp(now),
    ...why,
  };
  const status = {
    ...(failed && { phase: "Failed" }),
    ...(failed && generation && { observedGeneration: generation }),
    ...(condition && { conditions: [condition] }),
  };
  const patch = { metadata: { uid }, status };
  return { do: "patch", resource: "v1/pods", object: pod, type: "strategic", patch, subresource: "status" };
}

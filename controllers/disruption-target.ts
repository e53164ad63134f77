import { type Action, timestamp } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";

/** Says in a Pod's status why the control plane takes it away, and that it failed when nobody else will. (KEP-3329) */
export function markDisrupted(
  pod: Readonly<Pod>,
  why: { reason: string; message: string } | undefined,
  now: Date,
  failed: boolean,
): Action {
  const { generation, uid } = pod.metadata;
  const condition = why && {
    type: "DisruptionTarget",
    status: "True",
    ...(generation && { observedGeneration: generation }),
    lastTransitionTime: timestamp(now),
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

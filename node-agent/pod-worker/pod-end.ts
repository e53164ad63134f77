import type { Logger } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { PodState } from "../pod-status.ts";
import type { Runtime, Sandbox } from "../runtime/runtime.ts";
import { podKey } from "./pod-key.ts";

/** Why a node ends a Pod by itself. */
export interface PodEnd {
  /** Reason of the event that tells of it. */
  readonly event?: string;
  /** Of that event. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ended: NonNullable<PodState["ended"]>;
}

/**
 * The node is out of something, or the Pod has more than it may. (pkg/kubelet/eviction)
 * @param isDisruption whether it is the node's trouble, and no fault of the Pod
 */
export function eviction(
  message: string,
  isDisruption: boolean,
  annotations: Readonly<Record<string, string>> = {},
): PodEnd {
  const reason = isDisruption && "TerminationByKubelet";
  return {
    event: "Evicted",
    annotations,
    ended: { reason: "Evicted", message, ...(reason && { disruption: { reason, message } }) },
  };
}

/** The node needs its place for a critical Pod. (pkg/kubelet/preemption) */
export const preemption: PodEnd = {
  event: "Preempting",
  ended: {
    reason: "Preempting",
    message: "Preempted in order to admit critical pod",
    disruption: {
      reason: "TerminationByKubelet",
      message: "Pod was preempted by Kubelet to accommodate a critical pod.",
    },
  },
};

/** Gives back what was made for a Pod whose containers have ended. @throws nothing: the runtime looks for such remains now and then */
export async function removeRemains(
  pod: Pod,
  sandbox: Sandbox | undefined,
  { runtime, logger }: { runtime: Pick<Runtime, "removeSandbox" | "unmountVolumes">; logger: Logger },
): Promise<void> {
  try {
    if (sandbox) await runtime.removeSandbox(sandbox);
    await runtime.unmountVolumes(pod.metadata.uid ?? "");
  } catch (error) {
    logger.warn({ err: error, pod: podKey(pod) }, "removing a Pod's sandbox failed");
  }
}

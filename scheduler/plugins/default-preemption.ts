import type { Handle, Plugin } from "../framework.ts";
import { type PreemptionLimits, preempt } from "../preemption.ts";

/** Makes room by evicting less important Pods. (framework/plugins/defaultpreemption) */
export function defaultPreemption(handle: Handle, limits: PreemptionLimits): Plugin {
  return {
    name: "DefaultPreemption",
    preEnqueue: ({ metadata }) =>
      handle.isPreempting(metadata.uid ?? "") ? "waiting for the preemption for this pod to be finished" : undefined,
    postFilter(cycle, diagnosis) {
      handle.preempting?.();
      const result = preempt(cycle, diagnosis, limits);
      return result.message ? { ...result, message: `preemption: ${result.message}` } : result;
    },
  };
}

import type { Plugin } from "../framework.ts";

/** A Pod with scheduling gates does not enter the queue. (framework/plugins/schedulinggates) */
export const schedulingGates: Plugin = {
  name: "SchedulingGates",
  hints: { "pod/gates": (pod, { now }) => pod.metadata.uid === now?.metadata.uid },
  preEnqueue({ spec }) {
    const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
    return gates.length ? `waiting for scheduling gates: [${gates.join(" ")}]` : undefined;
  },
};

import type { Plugin } from "../framework.ts";

/** A Pod with scheduling gates does not enter the queue. (framework/plugins/schedulinggates) */
export const schedulingGates: Plugin = {
  name: "SchedulingGates",
  retryOn: ["pod/gates"],
  preEnqueue({ spec }) {
    const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
    return gates.length ? `waiting for scheduling gates: [${gates.join(" ")}]` : undefined;
  },
};

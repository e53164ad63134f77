import type { Plugin } from "../framework.ts";

const NAME = "DynamicResources";

/** Its words in FailedScheduling; claims are not looked at yet. (framework/plugins/dynamicresources) */
export const dynamicResources: Plugin = {
  name: NAME,
  preFilter({ state }) {
    state.set(NAME, true);
    return "skip";
  },
  postFilter({ state }) {
    // A refusal before its PreFilter leaves it without state: upstream ends with this error then.
    return state.has(NAME) ? { message: "no new claims to deallocate" } : { message: "not found", isFinal: true };
  },
};

import type { Toleration } from "../../openapi/api/core.v1.ts";
import { defaultNormalize, type Plugin, refuse } from "../framework.ts";
import { tolerates, untolerated } from "../selectors.ts";

const NAME = "TaintToleration";
const EFFECTS = ["NoSchedule", "NoExecute"];

/** Taints keep Pods away (NoSchedule, NoExecute) or make a node less liked. (framework/plugins/tainttoleration) */
export const taintToleration: Plugin = {
  name: NAME,
  hints: {
    "node/add": (pod, { now }) => now !== undefined && !untolerated(now, pod, EFFECTS),
    "node/taints": (pod, { old, now }) =>
      now !== undefined && !untolerated(now, pod, EFFECTS) && (!old || untolerated(old, pod, EFFECTS) !== undefined),
    "pod/tolerations": (pod, { now }) => pod.metadata.uid === now?.metadata.uid,
  },
  filter({ pod }, { node }) {
    if (!untolerated(node, pod, EFFECTS)) return undefined;
    return refuse(NAME, ["node(s) had untolerated taint(s)"], true);
  },
  preScore({ pod, state }) {
    const soft = (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === "PreferNoSchedule");
    state.set(NAME, soft);
    return undefined;
  },
  score({ state }, { node }) {
    const soft = state.get(NAME) as Toleration[];
    return (node.spec?.taints ?? []).filter(
      (taint) => taint.effect === "PreferNoSchedule" && !soft.some((toleration) => tolerates(toleration, taint)),
    ).length;
  },
  normalize: (_, scores) => defaultNormalize(scores, true),
};

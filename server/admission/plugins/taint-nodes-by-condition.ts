import type { Node } from "../../../openapi/api/core.v1.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** A new node takes no Pods before it said that it is ready. (plugin/pkg/admission/nodetaint) */
export const taintNodesByCondition: AdmissionPlugin<Node> = {
  name: "TaintNodesByCondition",
  resources: ["nodes"],
  operations: ["CREATE"],
  admit({ object: node, subresource }) {
    if (subresource || !node) return;
    node.spec ??= {};
    const { taints = [] } = node.spec;
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return;
    node.spec.taints = [...taints, { ...NOT_READY }];
  },
};

import { type Plugin, refuse } from "../framework.ts";
import { tolerates } from "../selectors.ts";

const NAME = "NodeUnschedulable";
const TAINT = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Cordoned nodes, unless the Pod tolerates it. (framework/plugins/nodeunschedulable) */
export const nodeUnschedulable: Plugin = {
  name: NAME,
  hints: {
    "node/add": (_, { now }) => !now?.spec?.unschedulable,
    "node/taints": (_, { old, now }) => Boolean(old?.spec?.unschedulable) && !now?.spec?.unschedulable,
    "pod/tolerations": (pod, { now }) =>
      pod.metadata.uid === now?.metadata.uid &&
      Boolean(now?.spec.tolerations?.some((toleration) => tolerates(toleration, TAINT))),
  },
  filter({ pod }, { node }) {
    if (!node.spec?.unschedulable || pod.spec.tolerations?.some((toleration) => tolerates(toleration, TAINT)))
      return undefined;
    return refuse(NAME, ["node(s) were unschedulable"], true);
  },
};

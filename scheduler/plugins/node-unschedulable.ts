import { type Plugin, refuse } from "../framework.ts";
import { tolerates } from "../selectors.ts";

const NAME = "NodeUnschedulable";
const TAINT = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Cordoned nodes, unless the Pod tolerates it. (framework/plugins/nodeunschedulable) */
export const nodeUnschedulable: Plugin = {
  name: NAME,
  retryOn: ["node/add", "node/taints"],
  filter({ pod }, { node }) {
    if (!node.spec?.unschedulable || pod.spec.tolerations?.some((toleration) => tolerates(toleration, TAINT)))
      return undefined;
    return refuse(NAME, ["node(s) were unschedulable"], true);
  },
};

import type { Pod } from "../../openapi/api/core.v1.ts";
import { type Plugin, refuse } from "../framework.ts";

const NAME = "NodeDeclaredFeatures";

/** Each feature that a node must say it has, and which Pods need it. (component-helpers/nodedeclaredfeatures) */
const REQUIRED: readonly { feature: string; isNeededBy(pod: Pod): boolean }[] = [
  {
    feature: "RestartAllContainersOnContainerExits",
    isNeededBy: ({ spec }) =>
      [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ restartPolicyRules = [] }) =>
        restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
      ),
  },
  {
    feature: "UserNamespacesHostNetworkSupport",
    isNeededBy: ({ spec }) => Boolean(spec.hostNetwork) && spec.hostUsers === false,
  },
];

/** Pods that need a new feature of kubelet go where it is declared. (framework/plugins/nodedeclaredfeatures) */
export const nodeDeclaredFeatures: Plugin = {
  name: NAME,
  hints: {
    "node/add": () => true,
    "node/declaredFeatures": () => true,
  },
  preFilter({ pod, state }) {
    const needed = REQUIRED.filter(({ isNeededBy }) => isNeededBy(pod)).map(({ feature }) => feature);
    if (!needed.length) return "skip";
    state.set(NAME, needed);
    return undefined;
  },
  filter({ state }, { node }) {
    const needed = state.get(NAME) as string[];
    const declared = node.status?.declaredFeatures ?? [];
    if (needed.every((feature) => declared.includes(feature))) return undefined;
    return refuse(NAME, ["node(s) didn't match Pod's required features"], true);
  },
};

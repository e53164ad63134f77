import { type Plugin, refuse } from "../framework.ts";

const NAME = "NodeName";

/** A Pod that names its node. (framework/plugins/nodename) */
export const nodeName: Plugin = {
  name: NAME,
  hints: { "node/add": () => true },
  filter({ pod }, node) {
    if (!pod.spec.nodeName || pod.spec.nodeName === node.name) return undefined;
    return refuse(NAME, ["node(s) didn't match the requested node name"], true);
  },
};

import { type Plugin, refuse } from "../framework.ts";
import { type HostPort, podInfo } from "../node-info.ts";

const NAME = "NodePorts";

const clash = (a: HostPort, b: HostPort) =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");

/** Host ports must be free on the node. (framework/plugins/nodeports) */
export const nodePorts: Plugin = {
  name: NAME,
  hints: {
    "node/add": () => true,
    "pod/delete": (pod, { old }) =>
      old !== undefined &&
      Boolean(old.spec.nodeName || old.status?.nominatedNodeName) &&
      podInfo(old).hostPorts.some((freed) => podInfo(pod).hostPorts.some((wanted) => clash(wanted, freed))),
  },
  preFilter: ({ info }) => (info.hostPorts.length ? undefined : "skip"),
  filter({ info }, node) {
    for (const { hostPorts } of node.pods.values()) {
      for (const taken of hostPorts) {
        if (info.hostPorts.some((wanted) => clash(wanted, taken))) {
          return refuse(NAME, ["node(s) didn't have free ports for the requested pod ports"]);
        }
      }
    }
    return undefined;
  },
};

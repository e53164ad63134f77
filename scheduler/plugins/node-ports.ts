import { type Plugin, refuse } from "../framework.ts";
import type { HostPort } from "../node-info.ts";

const NAME = "NodePorts";

const clash = (a: HostPort, b: HostPort) =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");

/** Host ports must be free on the node. (framework/plugins/nodeports) */
export const nodePorts: Plugin = {
  name: NAME,
  retryOn: ["node/add", "pod/delete"],
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

import { proxyDefaults } from "./proxy-defaults.ts";
import { type Supervised, supervise } from "./supervisor.ts";

/** The proxy of a real node, in a thread of its agent's process: a process of its own would cost 45 MB more. */
export function proxyBeside(node: {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly clusterCidr: readonly string[];
  readonly logLevel: string;
}): Supervised {
  const { kubeconfig, nodeName, clusterCidr, logLevel } = node;
  const detectLocal = { mode: "ClusterCIDR", cidrs: clusterCidr } as const;
  const options = { ...proxyDefaults, kubeconfig, nodeName, detectLocal, networkPolicy: true };
  return supervise([{ name: "proxy", logLevel, options }], (text) => process.stderr.write(`${text}\n`));
}

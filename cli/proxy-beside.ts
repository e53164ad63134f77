import { proxyDefaults } from "./proxy-defaults.ts";
import { type Supervised, supervise } from "./supervisor.ts";

/** Least pause between two changes of rules, in ms. */
export const MIN_SYNC_PERIOD = 100;

/** The proxy of a real node, in a thread of its agent's process: a process of its own would cost 45 MB more. */
export function proxyBeside(node: {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly clusterCidr: readonly string[];
  readonly logLevel: string;
}): Supervised {
  const { kubeconfig, nodeName, clusterCidr, logLevel } = node;
  const detectLocal = { mode: "ClusterCIDR", cidrs: clusterCidr } as const;
  // Quicker to follow changes than kube-proxy is by default: they cost little here. How many connections are tracked is
  // the machine's to say, of which this node is a part.
  const conntrack = { ...proxyDefaults.conntrack, maxPerCore: 0 };
  const own = { minSyncPeriod: MIN_SYNC_PERIOD, conntrack, networkPolicy: true };
  const options = { ...proxyDefaults, ...own, kubeconfig, nodeName, detectLocal };
  return supervise([{ name: "proxy", logLevel, options }], (text) => process.stderr.write(`${text}\n`));
}

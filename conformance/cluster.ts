import { startCluster, type TestClusterOptions } from "../testing/start-cluster.ts";

/** A cluster under test: one of our own, or the one that `inkube conformance --kubeconfig` names. */
export interface ClusterUnderTest {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Environment variable through which `inkube conformance` hands the suite its cluster. */
export const KUBECONFIG_VARIABLE = "INKUBE_CONFORMANCE_KUBECONFIG";

/** @returns a cluster that is left as it was when `stop` is called. Tests make namespaces of their own in it. */
export async function clusterUnderTest(options?: TestClusterOptions): Promise<ClusterUnderTest> {
  const kubeconfig = process.env[KUBECONFIG_VARIABLE];
  if (kubeconfig) return { kubeconfig, stop: async () => {} };
  return startCluster(options);
}

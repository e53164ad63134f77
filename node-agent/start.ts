import { platform } from "node:os";
import {
  type Clock,
  createClient,
  createEventRecorder,
  createInformers,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../client/index.ts";
import { addressPool } from "./address-pool.ts";
import { startAgent } from "./agent.ts";
import { Network } from "./runtime/simulated/network.ts";
import { simulatedRuntime } from "./runtime/simulated/runtime.ts";

export interface NodeStartOptions {
  /** Nodes that share a kubeconfig share a connection and a watch. */
  readonly nodes: readonly { readonly name: string; readonly kubeconfig: string }[];
  readonly runtime: "simulated";
  /** What each simulated node has; upstream's names of resources. */
  readonly capacity?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const CAPACITY = {
  cpu: "8",
  memory: "32Gi",
  "ephemeral-storage": "100Gi",
  "hugepages-1Gi": "0",
  "hugepages-2Mi": "0",
  pods: "110",
};

/** Address of the `kube-dns` Service, and what names of Services end in. (--cluster-dns, --cluster-domain) */
const CLUSTER_DNS = "10.96.0.10";
const CLUSTER_DOMAIN = "cluster.local";

/** Every node has an address of its own where loopback is a whole network; elsewhere they share one. */
function loopback(index: number): string {
  if (platform() !== "linux") return "127.0.0.1";
  const n = index + 1;
  return `127.1.${(n >> 8) & 255}.${n & 255}`;
}

/** Runs node agents. Resolves when all of them are registered. */
export async function start(options: NodeStartOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, random, capacity = CAPACITY } = options;
  const stops: (() => Promise<void>)[] = [];
  const network = new Network();
  const groups = Map.groupBy(
    options.nodes.map(({ name, kubeconfig }, index) => ({ name, kubeconfig, index })),
    ({ kubeconfig }) => kubeconfig,
  );
  await Promise.all(
    [...groups].map(async ([kubeconfig, nodes]) => {
      const only = nodes.length === 1 ? nodes[0] : undefined;
      const logger = options.logger.child({ node: only?.name ?? `${nodes.length} nodes` });
      const connection = await loadKubeconfig(kubeconfig);
      const { clientCertificate: cert, clientKey: key, ca } = connection;
      if (!cert || !key || !ca)
        throw new Error(`${kubeconfig}: a node needs a client certificate, which is also what it serves with`);
      const transport = openTransport(connection, "kubelet");
      const client = createClient(transport);
      const informers = createInformers({ transport, clock, random, logger });
      const pods = informers.get("v1/pods", { fieldSelector: only ? `spec.nodeName=${only.name}` : "spec.nodeName!=" });
      const services = informers.get("v1/services");
      informers.start();
      await informers.synced();
      const agents = await Promise.all(
        nodes.map(({ name, index }) => {
          const address = loopback(index);
          const recorder = createEventRecorder({ client, clock, logger, component: "kubelet", host: name });
          const runtime = simulatedRuntime({ clock, address, addresses: addressPool(index), network });
          return startAgent({
            name,
            client,
            pods,
            services,
            clock,
            random,
            logger,
            recorder,
            runtime,
            address,
            capacity,
            dns: { server: CLUSTER_DNS, domain: CLUSTER_DOMAIN, host: { servers: [], searches: [], options: [] } },
            hosts: () => "127.0.0.1\tlocalhost\n",
            tls: { cert, key, ca },
          });
        }),
      );
      stops.push(async () => {
        await Promise.all(agents.map((agent) => agent.stop()));
        informers.stop();
        await transport.close();
      });
    }),
  );
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= Promise.allSettled(stops.map((stop) => stop())).then(() => {});
      return stopped;
    },
  };
}

import { platform } from "node:os";
import {
  type Clock,
  createClient,
  createEventRecorder,
  createLane,
  createRefusals,
  type Identity,
  type Informer,
  type Logger,
  quantity,
  type Random,
} from "../client/index.ts";
import type { Service } from "../openapi/api/core.v1.ts";
import { addressPool, nodeRanges } from "./address-pool.ts";
import { startAgent } from "./agent.ts";
import { CLUSTER_DNS, CLUSTER_DOMAIN, connectNode } from "./connect-node.ts";
import { podsByNode } from "./pods-by-node.ts";
import { ImageCatalog } from "./runtime/simulated/image-catalog.ts";
import { readImageFile } from "./runtime/simulated/image-file.ts";
import { knownImages } from "./runtime/simulated/known-images.ts";
import { clusterView } from "./runtime/simulated/network/cluster-view.ts";
import { Network } from "./runtime/simulated/network/network.ts";
import { simulatedRuntime } from "./runtime/simulated/runtime.ts";
import type { Disks } from "./runtime/simulated/volumes.ts";
import { KUBELET_PORT } from "./server/kubelet-server.ts";
import type { CriStartOptions } from "./start-cri.ts";

export interface NodeStartOptions {
  /** Nodes that share a kubeconfig share its connections and one watch; `as` is who each of them is there. */
  readonly nodes: readonly { readonly name: string; readonly kubeconfig: string; readonly as?: Identity }[];
  /** Who watches for nodes that share a front proxy's kubeconfig. */
  readonly watchAs?: Identity;
  readonly runtime: "simulated" | "cri";
  /** Identity that reads Services and endpoints for simulated Pods; absent: the first node's. */
  readonly routesKubeconfig?: string;
  /** Where the one node is, when its Pods are containers of this machine. */
  readonly cri?: Omit<CriStartOptions, "name" | "kubeconfig" | "clusterDns" | "clusterDomain">;
  /** Files of images that simulated Pods may run besides those known here. */
  readonly images?: readonly string[];
  /** What each simulated node has; upstream's names of resources. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** Where Pods ask for names, and what names of Services end in; as kubeadm has them when left out. */
  readonly clusterDns?: string;
  readonly clusterDomain?: string;
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

/**
 * Events that all nodes of a process write at once. Of each new Pod there are four, beside one status: a burst of Pods on
 * many nodes would report that they run only after most of their events.
 */
const EVENTS_AT_ONCE = 4;

/** Every node has an address of its own where loopback is a whole network; elsewhere they share one. */
function loopback(index: number): string {
  if (platform() !== "linux") return "127.0.0.1";
  const n = index + 1;
  return `127.1.${(n >> 8) & 255}.${n & 255}`;
}

async function startCri(options: NodeStartOptions): Promise<{ stop(): Promise<void> }> {
  const [node, ...others] = options.nodes;
  if (!node || !options.cri || others.length > 0) throw new Error("real Pods run on one node a process");
  // Simulated nodes do without its dependencies.
  const { startCriNode } = await import("./start-cri.ts");
  const { clusterDns = CLUSTER_DNS, clusterDomain = CLUSTER_DOMAIN } = options;
  return startCriNode({ ...node, ...options.cri, clusterDns, clusterDomain }, options);
}

/** Runs node agents. Resolves when all of them are registered. */
export async function start(options: NodeStartOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, random, capacity = CAPACITY, clusterDns = CLUSTER_DNS, clusterDomain = CLUSTER_DOMAIN } = options;
  if (options.runtime === "cri") return startCri(options);
  const stops: (() => Promise<void>)[] = [];
  // Who routes may see Services and their endpoints, which nodes may not.
  const view = clusterView(options.routesKubeconfig ?? options.nodes[0]?.kubeconfig ?? "", clusterDomain, options);
  const network = new Network(view);
  const names = { address: clusterDns, query: view.query };
  stops.push(() => view.stop());
  const own = await Promise.all((options.images ?? []).map(readImageFile));
  const images = new ImageCatalog([...own.flat(), ...knownImages]);
  const amounts = {
    cpus: Math.ceil(quantity(capacity.cpu ?? "1")),
    memory: quantity(capacity.memory ?? "0"),
    storage: quantity(capacity["ephemeral-storage"] ?? "0"),
  };
  const disks: Disks = new Map();
  const groups = Map.groupBy(
    options.nodes.map((node, index) => ({ ...node, index })),
    ({ kubeconfig }) => kubeconfig,
  );
  const events = { refusals: createRefusals(clock), lane: createLane(EVENTS_AT_ONCE) };
  const connect = (kubeconfig: string, nodes: readonly { name: string }[], services?: Informer<Service>) => {
    const only = nodes.length === 1 ? nodes[0] : undefined;
    const { watchAs } = options;
    const neighbours = { count: options.nodes.length, ...(services && { services }), ...(watchAs && { watchAs }) };
    return connectNode(kubeconfig, only?.name, options, neighbours);
  };
  const [first] = groups;
  const connected = first && (await connect(...first));
  await Promise.all(
    [...groups].map(async ([kubeconfig, nodes]) => {
      const { transport, heartbeats, informers, pods, services, logger, tls, ...shared } =
        connected && kubeconfig === first?.[0] ? connected : await connect(kubeconfig, nodes, connected?.services);
      const podsOf = podsByNode(pods);
      const agents = await Promise.all(
        nodes.map(({ name, as, index }) => {
          const client = as ? createClient(transport.as(as)) : shared.client;
          const heartbeatClient = as && heartbeats ? createClient(heartbeats.as(as)) : client;
          const address = loopback(index);
          const recorder = createEventRecorder({ client, clock, logger, component: "kubelet", host: name, ...events });
          const addresses = addressPool(() => nodeRanges({ client, clock, logger, name, index }));
          const runtime = simulatedRuntime({
            ...{ clock, random, address, addresses, amounts, images, network, disks, names },
            nodeName: name,
          });
          return startAgent({
            name,
            client,
            heartbeatClient,
            pods: podsOf(name),
            services,
            clock,
            logger,
            recorder,
            runtime,
            address,
            // Each has an address of its own. Where another cluster's node has it already any other will do.
            port: KUBELET_PORT,
            capacity,
            dns: { server: clusterDns, domain: clusterDomain, host: { servers: [], searches: [], options: [] } },
            hosts: () => "127.0.0.1\tlocalhost\n",
            tls,
          });
        }),
      );
      stops.push(async () => {
        await Promise.all(agents.map((agent) => agent.stop()));
        informers.stop();
        await transport.close();
        await heartbeats?.close();
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

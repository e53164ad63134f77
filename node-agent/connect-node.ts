import { hostname } from "node:os";
import {
  type Client,
  type Clock,
  createClient,
  createInformers,
  type Identity,
  type Informer,
  type Informers,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
  type Transport,
} from "../client/index.ts";
import type { Pod, Service } from "../openapi/api/core.v1.ts";
import { selfSignedCertificate } from "../pki/self-signed.ts";

/** Address of the `kube-dns` Service, and what names of Services end in. (--cluster-dns, --cluster-domain) */
export const CLUSTER_DNS = "10.96.0.10";
export const CLUSTER_DOMAIN = "cluster.local";

export interface NodeEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface NodeConnection {
  readonly client: Client;
  readonly transport: Transport;
  /** Of nodes that share connections; absent: a node's own `transport` serves. (kubelet's heartbeatClient) */
  readonly heartbeats?: Transport;
  readonly informers: Informers;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly logger: Logger;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** Requests in flight of a node that has some neighbours, or many. Each costs both sides a connection. */
const CONNECTIONS = { few: 2, many: 1 };
const MANY_NODES = 50;
/**
 * Requests in flight of nodes that share connections: as many as there are nodes, up to this. Enough for each commit of
 * the server to be a full one; all that is in flight beyond costs the server memory, and makes all others wait.
 */
const MOST_CONNECTIONS = 32;
/** Requests in flight that say nodes are alive: they must not wait for what thousands of Pods have to say. */
const HEARTBEAT_CONNECTIONS = 8;

/** What nodes of one process share. */
export interface Neighbours {
  /** How many nodes there are. */
  readonly count: number;
  /** Every node may see all Services: one watch of them is enough for a process. */
  readonly services?: Informer<Service>;
  /** Who watches for nodes that share a kubeconfig; absent: whom that names. */
  readonly watchAs?: Identity;
}

/** What one node, or nodes that share a kubeconfig, know of the cluster. @param node undefined: Pods of all nodes */
export async function connectNode(
  kubeconfig: string,
  node: string | undefined,
  environment: NodeEnvironment,
  neighbours: Neighbours = { count: 1 },
): Promise<NodeConnection> {
  const { clock, random } = environment;
  const logger = environment.logger.child({ node: node ?? "several" });
  const connection = await loadKubeconfig(kubeconfig);
  const { ca } = connection;
  if (!ca) throw new Error(`${kubeconfig}: a node needs an authority, to tell by who asks it`);
  // As kubelet does that was given no files: API servers verify it only with --kubelet-certificate-authority.
  const { certificate: cert, key } = selfSignedCertificate(node ?? hostname(), [], clock.now());
  const areShared = node === undefined;
  const transport = openTransport(connection, "kubelet", connectionsOf(neighbours.count, areShared));
  const heartbeats = areShared && { heartbeats: openTransport(connection, "kubelet", HEARTBEAT_CONNECTIONS) };
  const client = createClient(transport);
  const watching = neighbours.watchAs ? transport.as(neighbours.watchAs) : transport;
  const informers = createInformers({ transport: watching, clock, random, logger });
  const pods = informers.get("v1/pods", { fieldSelector: node ? `spec.nodeName=${node}` : "spec.nodeName!=" });
  const services = neighbours.services ?? informers.get("v1/services");
  informers.start();
  await informers.synced();
  return { client, transport, ...heartbeats, informers, pods, services, logger, tls: { cert, key, ca } };
}

function connectionsOf(nodes: number, areShared: boolean): number {
  if (areShared) return Math.min(MOST_CONNECTIONS, Math.max(CONNECTIONS.few, nodes));
  return CONNECTIONS[nodes > MANY_NODES ? "many" : "few"];
}

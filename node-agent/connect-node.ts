import { hostname } from "node:os";
import {
  type Client,
  type Clock,
  createClient,
  createInformers,
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
  readonly informers: Informers;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly logger: Logger;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** A process may have a thousand nodes, and each connection costs both sides a handshake. */
const CONNECTIONS = 2;

/** What one node, or nodes that share an identity, know of the cluster. @param node undefined: Pods of all nodes */
export async function connectNode(
  kubeconfig: string,
  node: string | undefined,
  environment: NodeEnvironment,
): Promise<NodeConnection> {
  const { clock, random } = environment;
  const logger = environment.logger.child({ node: node ?? "several" });
  const connection = await loadKubeconfig(kubeconfig);
  const { ca } = connection;
  if (!ca) throw new Error(`${kubeconfig}: a node needs an authority, to tell by who asks it`);
  // As kubelet does that was given no files: API servers verify it only with --kubelet-certificate-authority.
  const { certificate: cert, key } = selfSignedCertificate(node ?? hostname(), [], clock.now());
  const transport = openTransport(connection, "kubelet", CONNECTIONS);
  const client = createClient(transport);
  const informers = createInformers({ transport, clock, random, logger });
  const pods = informers.get("v1/pods", { fieldSelector: node ? `spec.nodeName=${node}` : "spec.nodeName!=" });
  const services = informers.get("v1/services");
  informers.start();
  await informers.synced();
  return { client, transport, informers, pods, services, logger, tls: { cert, key, ca } };
}

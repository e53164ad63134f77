import type { Node, NodeAddress } from "../../../openapi/api/core.v1.ts";
import type { ObjectReader } from "../../admission/plugin.ts";
import { notFound, StatusError } from "../../meta/errors.ts";
import { authorityOf } from "../../meta/network-error.ts";
import { type Backend, type ClientTls, dialTcp, secure } from "./backend.ts";

export interface KubeletOptions {
  readonly reader: ObjectReader;
  /** --kubelet-preferred-address-types, best first. */
  readonly preferredAddressTypes: readonly string[];
  /** --kubelet-client-certificate, --kubelet-client-key, --kubelet-certificate-authority. */
  readonly tls: ClientTls;
}

/** A node's own API. */
export interface Kubelet extends Backend {
  readonly scheme: "https";
  readonly host: string;
  readonly port: number;
  /** The same without a look at its certificate. (PodLogOptions.insecureSkipTLSVerifyBackend) */
  readonly insecure: Backend;
}

/** --kubelet-port: for nodes that do not say. */
const DEFAULT_PORT = 10250;
const NODES = { group: "", resource: "nodes" };

/**
 * Where a node's kubelet is. @param asked the resource of the request: upstream's node store names that one when there
 * is no such node. @throws StatusError 404, 500 (pkg/kubelet/client/kubelet_client.go)
 */
export function kubeletOf(
  nodeName: string,
  { reader, preferredAddressTypes, tls }: KubeletOptions,
  asked: "nodes" | "pods",
): Kubelet {
  const node = reader.get<Node>(NODES, "", nodeName);
  if (!node) throw notFound({ group: "", resource: asked }, nodeName);
  const addresses = node.status?.addresses ?? [];
  const host = preferred(addresses, preferredAddressTypes);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_PORT;
  const to = (own: ClientTls) => ({
    scheme: "https" as const,
    authority: authorityOf(host, port),
    connect: async () => secure(await dialTcp(host, port), host, own),
  });
  return { ...to(tls), host, port, insecure: to({ cert: tls.cert, key: tls.key }) };
}

function preferred(addresses: readonly NodeAddress[], types: readonly string[]): string {
  for (const type of types) {
    const found = addresses.find((each) => each.type === type);
    if (found) return found.address;
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(" ");
  // No reason: upstream answers a plain error of Go.
  throw new StatusError(500, "", `no preferred addresses found; known addresses: [${known}]`);
}

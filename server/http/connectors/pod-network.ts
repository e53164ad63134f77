import type { Duplex } from "node:stream";
import type { Node, Pod } from "../../../openapi/api/core.v1.ts";
import { authorityOf } from "../../meta/network-error.ts";
import { ask, type Dial, dialTcp } from "./backend.ts";
import { type KubeletOptions, kubeletOf } from "./kubelet.ts";

const PODS = { group: "", resource: "pods" };
const NODES = { group: "", resource: "nodes" };
/** Runtimes whose Pods have addresses that exist in their node's memory only. */
const SIMULATED = /^simulated:\/\//;

/**
 * Reaches Pods by address. Those on simulated nodes have no network of their own, so the way leads through their node,
 * with CONNECT as through any egress proxy; all others are dialled.
 */
export function podDialer(options: KubeletOptions): Dial {
  return (host, port) => {
    const node = simulatedNodeOf(host, options);
    return node ? throughNode(node, host, port, options) : dialTcp(host, port);
  };
}

/** Whether an address is one of a Pod on a simulated node. */
export const isSimulated = (host: string, options: KubeletOptions): boolean =>
  simulatedNodeOf(host, options) !== undefined;

function simulatedNodeOf(host: string, { reader }: KubeletOptions): string | undefined {
  const has = ({ status }: Readonly<Pod>) => status?.podIPs?.some(({ ip }) => ip === host);
  const live = ({ status }: Readonly<Pod>) => status?.phase !== "Succeeded" && status?.phase !== "Failed";
  const name = reader.list<Pod>(PODS, "").find((pod) => has(pod) && live(pod))?.spec.nodeName;
  if (!name) return undefined;
  const runtime = reader.get<Node>(NODES, "", name)?.status?.nodeInfo?.containerRuntimeVersion ?? "";
  return SIMULATED.test(runtime) ? name : undefined;
}

async function throughNode(node: string, host: string, port: number, options: KubeletOptions): Promise<Duplex> {
  const kubelet = kubeletOf(node, options, "nodes");
  const connection = await kubelet.connect();
  const target = authorityOf(host, port);
  const { signal } = new AbortController();
  const request = { method: "CONNECT", target, headers: ["Host", target], signal };
  const { response, upgraded } = await ask(connection, request, (body) => body.end());
  if (!upgraded || response.statusCode !== 200) {
    let text = upgraded?.head.toString("utf8") ?? "";
    if (upgraded) for await (const chunk of upgraded.socket) text += chunk;
    else for await (const chunk of response) text += chunk;
    connection.destroy();
    throw new Error(text || `the node answered ${response.statusCode}`);
  }
  if (upgraded.head.length > 0) upgraded.socket.unshift(upgraded.head);
  return upgraded.socket;
}

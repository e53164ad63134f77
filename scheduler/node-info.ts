import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { type AffinityTerms, affinityTerms } from "./affinity-terms.ts";
import { type Amounts, amounts, podRequests } from "./resources.ts";

/** A Pod with what the scheduler computes of it once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly requests: Amounts;
  /** The same with defaults for containers that ask for nothing: what scores look at. */
  readonly nonZeroRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly terms: AffinityTerms;
}

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const infos = new WeakMap<Pod, PodInfo>();

/** Computed once per version of a Pod. */
export function podInfo(pod: Pod): PodInfo {
  let info = infos.get(pod);
  if (!info) {
    const hostPorts = [
      ...(pod.spec.containers ?? []),
      ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always"),
    ]
      .flatMap((container) => container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || "0.0.0.0", protocol: port.protocol || "TCP", port: port.hostPort ?? 0 }));
    info = {
      pod,
      requests: podRequests(pod),
      nonZeroRequests: podRequests(pod, true),
      hostPorts,
      terms: affinityTerms(pod),
    };
    infos.set(pod, info);
  }
  return info;
}

const imagesOf = ({ status }: Node): Map<string, number> =>
  new Map(
    (status?.images ?? []).flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0])),
  );

/** A node as plugins see it: its object, its Pods and their sums. */
export class NodeInfo {
  node: Node;
  allocatable: Amounts;
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = {};
  readonly nonZeroRequested: Amounts = {};
  /** Sizes in bytes of the images that are there, by each of their names. */
  images: ReadonlyMap<string, number>;

  constructor(node: Node) {
    this.node = node;
    this.allocatable = amounts(node.status?.allocatable);
    this.images = imagesOf(node);
  }

  get name(): string {
    return this.node.metadata.name ?? "";
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = amounts(node.status?.allocatable);
    this.images = imagesOf(node);
  }

  /** Adds a Pod, or replaces an older version of it. */
  addPod(pod: Pod): PodInfo {
    const key = pod.metadata.uid ?? "";
    this.removePod(key);
    const info = podInfo(pod);
    this.pods.set(key, info);
    this.#count(info, 1);
    return info;
  }

  removePod(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid);
    if (!info) return undefined;
    this.pods.delete(uid);
    this.#count(info, -1);
    return info;
  }

  #count(info: PodInfo, sign: 1 | -1): void {
    for (const name in info.requests)
      this.requested[name] = (this.requested[name] ?? 0) + sign * (info.requests[name] ?? 0);
    for (const name of ["cpu", "memory"]) {
      this.nonZeroRequested[name] = (this.nonZeroRequested[name] ?? 0) + sign * (info.nonZeroRequests[name] ?? 0);
    }
  }

  /** A copy that preemption may take Pods out of. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.node);
    for (const { pod } of this.pods.values()) copy.addPod(pod);
    return copy;
  }
}

import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { type Amounts, amounts, podRequests } from "./resources.ts";

/** A Pod with what the scheduler computes of it once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly requests: Amounts;
  /** The same with defaults for containers that ask for nothing: what scores look at. */
  readonly nonZeroRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
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
    info = { pod, requests: podRequests(pod), nonZeroRequests: podRequests(pod, true), hostPorts };
    infos.set(pod, info);
  }
  return info;
}

/** A node as plugins see it: its object, its Pods and their sums. */
export class NodeInfo {
  node: Node;
  allocatable: Amounts;
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = {};
  readonly nonZeroRequested: Amounts = {};
  /** Pods with any affinity or anti-affinity term: inter-pod affinity looks at these only. */
  readonly withAffinity = new Set<PodInfo>();
  readonly withRequiredAntiAffinity = new Set<PodInfo>();

  constructor(node: Node) {
    this.node = node;
    this.allocatable = amounts(node.status?.allocatable);
  }

  get name(): string {
    return this.node.metadata.name ?? "";
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = amounts(node.status?.allocatable);
  }

  /** Adds a Pod, or replaces an older version of it. */
  addPod(pod: Pod): void {
    const key = pod.metadata.uid ?? "";
    this.removePod(key);
    const info = podInfo(pod);
    this.pods.set(key, info);
    this.#count(info, 1);
    if (pod.spec.affinity?.podAffinity || pod.spec.affinity?.podAntiAffinity) this.withAffinity.add(info);
    if (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) {
      this.withRequiredAntiAffinity.add(info);
    }
  }

  removePod(uid: string): void {
    const info = this.pods.get(uid);
    if (!info) return;
    this.pods.delete(uid);
    this.#count(info, -1);
    this.withAffinity.delete(info);
    this.withRequiredAntiAffinity.delete(info);
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

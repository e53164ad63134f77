import type { Node, Pod } from "../openapi/api/core.v1.ts";
import { NodeInfo } from "./node-info.ts";

/**
 * All nodes with their Pods. A Pod that was given a node is *assumed* there until the watch shows it bound, or its
 * binding fails, so that the next decision counts it already. Follows pkg/scheduler/backend/cache.
 */
export class Cache {
  /** In order of arrival; iteration starts where the last one ended, so that all nodes get their share. */
  readonly nodes = new Map<string, NodeInfo>();
  /** Pods on nodes that are not known (yet), by node name. */
  readonly #homeless = new Map<string, Map<string, Pod>>();
  readonly #nodeOf = new Map<string, string>();
  readonly #assumed = new Set<string>();

  setNode(node: Node): void {
    const name = node.metadata.name ?? "";
    const info = this.nodes.get(name);
    if (info) return info.setNode(node);
    const fresh = new NodeInfo(node);
    for (const pod of this.#homeless.get(name)?.values() ?? []) fresh.addPod(pod);
    this.#homeless.delete(name);
    this.nodes.set(name, fresh);
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (!info) return;
    this.nodes.delete(name);
    if (info.pods.size) this.#homeless.set(name, new Map([...info.pods].map(([uid, { pod }]) => [uid, pod])));
  }

  /** A Pod that the API server shows on a node. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const node = pod.spec.nodeName ?? "";
    this.#assumed.delete(uid);
    if (this.#nodeOf.get(uid) !== node) this.#forget(uid);
    this.#place(pod, node);
  }

  removePod(uid: string): void {
    this.#assumed.delete(uid);
    this.#forget(uid);
  }

  /** Counts a Pod on a node before the API server does. */
  assume(pod: Pod, node: string): void {
    this.#assumed.add(pod.metadata.uid ?? "");
    this.#place(pod, node);
  }

  /** Its binding failed. Does nothing when the watch has confirmed it meanwhile. */
  unassume(uid: string): void {
    if (this.#assumed.delete(uid)) this.#forget(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  #place(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? "";
    this.#nodeOf.set(uid, node);
    const info = this.nodes.get(node);
    if (info) return info.addPod(pod);
    const pods = this.#homeless.get(node) ?? new Map<string, Pod>();
    this.#homeless.set(node, pods.set(uid, pod));
  }

  #forget(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    this.nodes.get(node)?.removePod(uid);
    this.#homeless.get(node)?.delete(uid);
  }
}

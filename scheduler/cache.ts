import type { Node, Pod } from "../openapi/api/core.v1.ts";
import type { NamespaceLabels } from "./affinity-terms.ts";
import { NodeInfo } from "./node-info.ts";
import { nodeOrder, zoneOf } from "./node-order.ts";
import { PodIndex } from "./pod-index.ts";

/**
 * All nodes with their Pods. A Pod that was given a node is *assumed* there until the watch shows it bound, or its
 * binding fails, so that the next decision counts it already. Follows pkg/scheduler/backend/cache.
 */
export class Cache {
  readonly nodes = new Map<string, NodeInfo>();
  readonly index: PodIndex;
  /** How many nodes have an image, by each of its names. */
  readonly imageNodes = new Map<string, number>();
  /** Zones take turns; absent when nodes have come or gone. */
  #order: readonly NodeInfo[] | undefined;
  /** Pods on nodes that are not known (yet), by node name. */
  readonly #homeless = new Map<string, Map<string, Pod>>();
  readonly #nodeOf = new Map<string, string>();
  readonly #assumed = new Set<string>();

  constructor(namespaceLabels: NamespaceLabels) {
    this.index = new PodIndex(this.nodes, namespaceLabels);
  }

  /** What it holds. */
  get size() {
    return { nodes: this.nodes.size, pods: this.#nodeOf.size, assumed: this.#assumed.size };
  }

  /** All nodes in the order in which they are looked at. */
  get order(): readonly NodeInfo[] {
    this.#order ??= nodeOrder([...this.nodes.values()]);
    return this.#order;
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? "";
    const known = this.nodes.get(name);
    if (known) {
      this.#countImages(known, -1);
      if (zoneOf(known.node) !== zoneOf(node)) this.#order = undefined;
      known.setNode(node);
      this.#countImages(known, 1);
      return;
    }
    const fresh = new NodeInfo(node);
    this.nodes.set(name, fresh);
    this.#order = undefined;
    this.#countImages(fresh, 1);
    const pods = this.#homeless.get(name);
    this.#homeless.delete(name);
    for (const pod of pods?.values() ?? []) this.#place(pod, name);
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (!info) return;
    this.nodes.delete(name);
    this.#order = undefined;
    this.#countImages(info, -1);
    for (const pod of info.pods.values()) this.index.removed(name, pod);
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

  /** @returns whether it was there. */
  removePod(uid: string): boolean {
    this.#assumed.delete(uid);
    return this.#forget(uid);
  }

  /** Counts a Pod on a node before the API server does. */
  assume(pod: Pod, node: string): void {
    this.#assumed.add(pod.metadata.uid ?? "");
    this.#place(pod, node);
  }

  /** Its binding failed. @returns false, and does nothing, when the watch has confirmed it meanwhile */
  unassume(uid: string): boolean {
    return this.#assumed.delete(uid) && this.#forget(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  #place(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? "";
    this.#nodeOf.set(uid, node);
    const info = this.nodes.get(node);
    if (info) {
      const old = info.removePod(uid);
      if (old) this.index.removed(node, old);
      this.index.added(node, info.addPod(pod));
      return;
    }
    const pods = this.#homeless.get(node) ?? new Map<string, Pod>();
    this.#homeless.set(node, pods.set(uid, pod));
  }

  #forget(uid: string): boolean {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return false;
    this.#nodeOf.delete(uid);
    const old = this.nodes.get(node)?.removePod(uid);
    if (old) this.index.removed(node, old);
    this.#homeless.get(node)?.delete(uid);
    return true;
  }

  #countImages({ images }: NodeInfo, by: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.imageNodes.get(name) ?? 0) + by;
      if (count) this.imageNodes.set(name, count);
      else this.imageNodes.delete(name);
    }
  }
}

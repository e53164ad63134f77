import type { NodeInfo } from "./node-info.ts";
import type { PodsByNode } from "./pod-index.ts";

/** Amounts by node label and its value. */
export class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** Adds to the value that the node has; nodes without the label have no part in it. */
  add(key: string, node: NodeInfo, amount: number): void {
    const value = node.node.metadata.labels?.[key];
    if (value === undefined) return;
    let counts = this.#byKey.get(key);
    if (!counts) {
      counts = new Map();
      this.#byKey.set(key, counts);
    }
    counts.set(value, (counts.get(value) ?? 0) + amount);
  }

  addAll(key: string, pods: PodsByNode, nodes: ReadonlyMap<string, NodeInfo>, factor = 1): void {
    for (const [name, count] of pods) {
      const node = nodes.get(name);
      if (node) this.add(key, node, count * factor);
    }
  }

  /** What stands behind the value that a node has of this label. */
  at(key: string, node: NodeInfo): number {
    const value = node.node.metadata.labels?.[key];
    return value === undefined ? 0 : (this.#byKey.get(key)?.get(value) ?? 0);
  }

  /** Over all labels. */
  sumAt(node: NodeInfo): number {
    let sum = 0;
    for (const key of this.#byKey.keys()) sum += this.at(key, node);
    return sum;
  }

  isPositiveAt(node: NodeInfo): boolean {
    for (const key of this.#byKey.keys()) if (this.at(key, node) > 0) return true;
    return false;
  }

  hasPositive(): boolean {
    for (const counts of this.#byKey.values()) for (const count of counts.values()) if (count > 0) return true;
    return false;
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, counts] of this.#byKey) copy.#byKey.set(key, new Map(counts));
    return copy;
  }
}

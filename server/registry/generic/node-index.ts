import type { Change, Storage } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import { storedOf } from "./stored.ts";

/**
 * Pods by `spec.nodeName`: each node agent lists and watches its own, which must not cost a walk over all of them.
 * Made at the first question. (pkg/registry/core/pod/strategy.go Indexers)
 */
export class NodeIndex {
  readonly #storage: Storage;
  #keysByNode: Map<string, Set<string>> | undefined;
  readonly #nodeByKey = new Map<string, string>();
  #unwatch: (() => void) | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Keys of the Pods of a node, in no order. */
  keys(kind: Kind, node: string): string[] {
    this.#keysByNode ??= this.#build(kind);
    return [...(this.#keysByNode.get(node) ?? [])];
  }

  stop(): void {
    this.#unwatch?.();
    this.#keysByNode = undefined;
  }

  #build(kind: Kind): Map<string, Set<string>> {
    const index = new Map<string, Set<string>>();
    this.#nodeByKey.clear();
    const apply = (change: Change) => {
      const before = this.#nodeByKey.get(change.key);
      const now = change.type === "put" ? (storedOf(kind, change).fields["spec.nodeName"] ?? "") : undefined;
      if (before === now) return;
      if (before !== undefined) index.get(before)?.delete(change.key);
      if (now === undefined) {
        this.#nodeByKey.delete(change.key);
        return;
      }
      this.#nodeByKey.set(change.key, now);
      const keys = index.get(now);
      if (keys) keys.add(change.key);
      else index.set(now, new Set([change.key]));
    };
    for (const change of this.#storage.values(kind.storagePrefix)) apply(change);
    this.#unwatch = this.#storage.watch(kind.storagePrefix, 0, {
      send: (change) => {
        apply(change);
        return true;
      },
      end: () => {
        this.#keysByNode = undefined;
      },
    });
    return index;
  }
}

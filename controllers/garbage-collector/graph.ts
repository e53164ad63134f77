import type { ApiObject } from "../../client/index.ts";
import type { OwnerReference } from "../../openapi/api/meta.k8s.io.v1.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

/** One object, or an owner that others name and nobody has seen ("virtual"). */
export interface GraphNode {
  readonly uid: string;
  /** Of the object; of a virtual node what its dependents claim. */
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  virtual: boolean;
  beingDeleted: boolean;
  deletingDependents: boolean;
}

/** What must be looked at after a change. */
export interface Work {
  attemptToDelete(uid: string): void;
  attemptToOrphan(uid: string): void;
  /** A virtual owner was made up: does it exist? */
  verify(uid: string): void;
}

/**
 * Who owns whom, over all resources. Kept by events only; nothing here talks to the server. Follows
 * pkg/controller/garbagecollector/graph_builder.go.
 */
export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** An object was added or changed. */
  put({ metadata }: ApiObject, apiVersion: string, kind: string): void {
    const { uid = "", ownerReferences: owners = [], finalizers = [], namespace = "", name = "" } = metadata;
    const known = this.#nodes.get(uid);
    const node = known ?? this.#add({ uid, apiVersion, kind, namespace, name });
    // The claims of dependents may have named it wrongly.
    Object.assign(node, { apiVersion, kind, namespace, name, virtual: false });
    const before = node.owners;
    node.owners = owners;
    for (const reference of owners) this.#link(node, reference);
    const isUnblocked = (old: OwnerReference) => {
      const now = owners.find(({ uid }) => uid === old.uid);
      return !now || (old.blockOwnerDeletion && !now.blockOwnerDeletion);
    };
    for (const old of before) {
      const owner = this.#nodes.get(old.uid);
      if (owner && !owners.some(({ uid }) => uid === old.uid)) this.#unlink(node, owner);
      if (owner?.deletingDependents && isUnblocked(old)) this.#work.attemptToDelete(owner.uid);
    }
    const gone = metadata.deletionTimestamp !== undefined;
    node.beingDeleted = gone;
    if (gone && finalizers.includes(ORPHAN)) this.#work.attemptToOrphan(uid);
    if (gone && finalizers.includes(FOREGROUND) && !node.deletingDependents) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.#work.attemptToDelete(dependent.uid);
      this.#work.attemptToDelete(uid);
    }
    // New here: its owners may be long gone, or waiting for it.
    if (!known && owners.some((reference) => this.#nodes.get(reference.uid)?.deletingDependents)) {
      this.#work.attemptToDelete(uid);
    }
  }

  /** An object is gone, or a virtual owner turned out not to exist. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.#nodes.delete(uid);
    for (const reference of node.owners) {
      const owner = this.#nodes.get(reference.uid);
      if (!owner) continue;
      this.#unlink(node, owner);
      if (owner.deletingDependents) this.#work.attemptToDelete(owner.uid);
    }
    for (const dependent of node.dependents) this.#work.attemptToDelete(dependent.uid);
  }

  /** Dependents that a foreground deletion of `node` waits for. */
  blockingDependents(node: GraphNode): GraphNode[] {
    return [...node.dependents].filter(({ owners }) =>
      owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion),
    );
  }

  #add(identity: Pick<GraphNode, "uid" | "apiVersion" | "kind" | "namespace" | "name">): GraphNode {
    const node: GraphNode = {
      ...identity,
      owners: [],
      dependents: new Set(),
      virtual: false,
      beingDeleted: false,
      deletingDependents: false,
    };
    this.#nodes.set(node.uid, node);
    return node;
  }

  #link(dependent: GraphNode, { uid, apiVersion, kind, name }: OwnerReference): void {
    let owner = this.#nodes.get(uid);
    if (!owner) {
      owner = this.#add({ uid, apiVersion, kind, name, namespace: dependent.namespace });
      owner.virtual = true;
      this.#work.verify(uid);
    } else if (owner.virtual && owner.name !== name) {
      this.#work.attemptToDelete(dependent.uid); // the claims differ: this one is checked by itself
    }
    owner.dependents.add(dependent);
  }

  #unlink(dependent: GraphNode, owner: GraphNode): void {
    owner.dependents.delete(dependent);
    // Nobody speaks of it any more.
    if (owner.virtual && !owner.dependents.size) this.#nodes.delete(owner.uid);
  }
}

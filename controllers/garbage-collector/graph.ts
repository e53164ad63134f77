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
  /** An owner that was seen lives in another namespace than who names it: that can never be right. */
  reportInvalidOwner(dependent: GraphNode, owner: OwnerReference): void;
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
    const wasVirtual = known?.virtual;
    // The claims of dependents may have named it wrongly.
    Object.assign(node, { apiVersion, kind, namespace, name, virtual: false });
    if (wasVirtual) for (const dependent of node.dependents) this.#check(dependent, node);
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
    const isNew = !owner?.dependents.has(dependent);
    if (!owner) {
      owner = this.#add({ uid, apiVersion, kind, name, namespace: dependent.namespace });
      owner.virtual = true;
      this.#work.verify(uid);
    } else if (isNew) {
      this.#check(dependent, owner);
    }
    owner.dependents.add(dependent);
  }

  /** A claim that differs from what is known of its owner is looked into by itself. (addDependentToOwners) */
  #check(dependent: GraphNode, owner: GraphNode): void {
    const reference = dependent.owners.find(({ uid }) => uid === owner.uid);
    if (!reference) return;
    const isElsewhere = owner.namespace !== "" && owner.namespace !== dependent.namespace;
    const isOther =
      reference.apiVersion !== owner.apiVersion || reference.kind !== owner.kind || reference.name !== owner.name;
    const isUnclear = owner.virtual && owner.namespace === "" && dependent.namespace !== "";
    if (isElsewhere && !owner.virtual) this.#work.reportInvalidOwner(dependent, reference);
    if (isElsewhere || isOther || isUnclear) this.#work.attemptToDelete(dependent.uid);
  }

  #unlink(dependent: GraphNode, owner: GraphNode): void {
    owner.dependents.delete(dependent);
    // Nobody speaks of it any more.
    if (owner.virtual && !owner.dependents.size) this.#nodes.delete(owner.uid);
  }
}

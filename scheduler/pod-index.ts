import type { Pod } from "../openapi/api/core.v1.ts";
import type { NamespaceLabels, Term } from "./affinity-terms.ts";
import type { NodeInfo, PodInfo } from "./node-info.ts";

/** How many Pods, by name of their node; nodes without any are absent. */
export type PodsByNode = ReadonlyMap<string, number>;

/** A question of the kind "how many such Pods are on each node?". */
export interface PodQuery {
  /** Equal for questions that mean the same. */
  readonly id: string;
  /** Set when it is about Pods of one namespace only. */
  readonly namespace?: string;
  matches(pod: Pod, namespaceLabels: NamespaceLabels): boolean;
}

/** Pods that carry the same term of affinity. */
export interface TermGroup {
  readonly term: Term;
  /** What one of these Pods adds to the score of nodes near it; undefined for what it requires. */
  readonly weight: number | undefined;
  readonly byNode: PodsByNode;
}

interface Counter {
  readonly query: PodQuery;
  readonly byNode: Map<string, number>;
}

/** Questions that are answered from memory; the one that was asked longest ago makes room. */
const MAX_COUNTERS = 512;
const EVERYWHERE = "";

/**
 * Counts of Pods that plugins ask for again and again, kept up as Pods come and go: otherwise each decision would look
 * at every Pod of the cluster.
 */
export class PodIndex {
  readonly #nodes: ReadonlyMap<string, NodeInfo>;
  readonly #namespaceLabels: NamespaceLabels;
  readonly #counters = new Map<string, Counter>();
  /** Term groups by the namespace they are about, then by id. */
  readonly #required = new Map<string, Map<string, TermGroup>>();
  readonly #scoring = new Map<string, Map<string, TermGroup>>();

  /** @param nodes with the Pods that are there already; later ones are told by `added` and `removed` */
  constructor(nodes: ReadonlyMap<string, NodeInfo>, namespaceLabels: NamespaceLabels) {
    this.#nodes = nodes;
    this.#namespaceLabels = namespaceLabels;
    for (const node of nodes.values()) for (const info of node.pods.values()) this.#count(node.name, info, 1);
  }

  added(node: string, info: PodInfo): void {
    this.#count(node, info, 1);
  }

  removed(node: string, info: PodInfo): void {
    this.#count(node, info, -1);
  }

  /** Labels of namespaces have changed: answers that may depend on them are forgotten. */
  namespacesChanged(): void {
    for (const [id, { query }] of this.#counters) if (query.namespace === undefined) this.#counters.delete(id);
  }

  podsByNode(query: PodQuery): PodsByNode {
    let counter = this.#counters.get(query.id);
    if (counter) {
      this.#counters.delete(query.id);
    } else {
      counter = { query, byNode: new Map() };
      for (const node of this.#nodes.values()) {
        let count = 0;
        for (const { pod } of node.pods.values()) if (query.matches(pod, this.#namespaceLabels)) count++;
        if (count) counter.byNode.set(node.name, count);
      }
      if (this.#counters.size >= MAX_COUNTERS) this.#counters.delete(this.#counters.keys().next().value ?? "");
    }
    // Last in order: asked most recently.
    this.#counters.set(query.id, counter);
    return counter.byNode;
  }

  /** Groups of Pods whose required anti-affinity is about this Pod. */
  antiAffinityTo(pod: Pod): TermGroup[] {
    return this.#about(pod, this.#required);
  }

  /** Groups of Pods that like, or dislike, to have this Pod near. */
  interestIn(pod: Pod): TermGroup[] {
    return this.#about(pod, this.#scoring);
  }

  #about(pod: Pod, groups: ReadonlyMap<string, ReadonlyMap<string, TermGroup>>): TermGroup[] {
    const found: TermGroup[] = [];
    for (const namespace of [EVERYWHERE, pod.metadata.namespace ?? ""]) {
      for (const group of groups.get(namespace)?.values() ?? [])
        if (group.term.matches(pod, this.#namespaceLabels)) found.push(group);
    }
    return found;
  }

  #count(node: string, info: PodInfo, by: 1 | -1): void {
    for (const { query, byNode } of this.#counters.values()) {
      if (query.namespace !== undefined && query.namespace !== info.pod.metadata.namespace) continue;
      if (query.matches(info.pod, this.#namespaceLabels)) bump(byNode, node, by);
    }
    const { required, requiredAnti, preferred } = info.terms;
    for (const term of requiredAnti) countTerm(this.#required, term, undefined, node, by);
    for (const term of required) countTerm(this.#scoring, term, undefined, node, by);
    for (const { term, weight } of preferred) countTerm(this.#scoring, term, weight, node, by);
  }
}

function bump(counts: Map<string, number>, key: string, by: number): number {
  const count = (counts.get(key) ?? 0) + by;
  if (count) counts.set(key, count);
  else counts.delete(key);
  return count;
}

function countTerm(
  groups: Map<string, Map<string, TermGroup>>,
  term: Term,
  weight: number | undefined,
  node: string,
  by: 1 | -1,
): void {
  const namespace = term.namespace ?? EVERYWHERE;
  let inNamespace = groups.get(namespace);
  if (!inNamespace) {
    inNamespace = new Map();
    groups.set(namespace, inNamespace);
  }
  const id = `${weight} ${term.id}`;
  let group = inNamespace.get(id);
  if (!group) {
    group = { term, weight, byNode: new Map() };
    inNamespace.set(id, group);
  }
  // Read-only for everybody else.
  bump(group.byNode as Map<string, number>, node, by);
  if (!group.byNode.size) inNamespace.delete(id);
}

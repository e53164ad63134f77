import type { Pod } from "../../openapi/api/core.v1.ts";
import { affinityTerms, type Term } from "../affinity-terms.ts";
import type { PluginArgs } from "../config/types.ts";
import { type Cycle, type Listers, MAX_SCORE, type Plugin, refuse } from "../framework.ts";
import type { NodeInfo, PodInfo } from "../node-info.ts";
import { TopologyCounts } from "../topology-counts.ts";

const NAME = "InterPodAffinity";

interface FilterState {
  /** Existing Pods whose anti-affinity this Pod would hurt. */
  readonly existing: TopologyCounts;
  /** Existing Pods that fulfil all of this Pod's affinity. */
  readonly affinity: TopologyCounts;
  readonly antiAffinity: TopologyCounts;
}

const namespaceLabels =
  ({ listers }: { listers: Listers }) =>
  (name: string) =>
    listers.namespace(name)?.metadata.labels ?? {};

/** A Pod must fulfil all terms to be one that another is to be near to. */
function together(terms: readonly Term[], cycle: Cycle) {
  const labels = namespaceLabels(cycle);
  const namespace = terms[0]?.namespace;
  return {
    id: terms.map(({ id }) => id).join(),
    ...(terms.every((term) => term.namespace === namespace) && namespace !== undefined && { namespace }),
    matches: (pod: Cycle["pod"]) => terms.every((term) => term.matches(pod, labels)),
  };
}

/** What one more Pod on a node, or one less, changes. */
function countPod(cycle: Cycle, state: FilterState, node: NodeInfo, { pod, terms }: PodInfo, by: number): void {
  const labels = namespaceLabels(cycle);
  const { required, requiredAnti } = cycle.info.terms;
  for (const term of terms.requiredAnti)
    if (term.matches(cycle.pod, labels)) state.existing.add(term.topologyKey, node, by);
  if (required.length && together(required, cycle).matches(pod)) {
    for (const { topologyKey } of required) state.affinity.add(topologyKey, node, by);
  }
  for (const term of requiredAnti) if (term.matches(pod, labels)) state.antiAffinity.add(term.topologyKey, node, by);
}

const isPlaced = (pod: Pod | undefined): pod is Pod => Boolean(pod?.spec.nodeName || pod?.status?.nominatedNodeName);

/** Whether another Pod is one that this Pod wants, or does not want, to be near to. */
function fulfils(pod: Pod, other: Pod, listers: Listers): boolean {
  const { required } = affinityTerms(pod);
  return required.length > 0 && required.every((term) => term.matches(other, namespaceLabels({ listers })));
}
function violates(pod: Pod, other: Pod, listers: Listers): boolean {
  return affinityTerms(pod).requiredAnti.some((term) => term.matches(other, namespaceLabels({ listers })));
}

/** Pods that want to be near, or far from, other Pods. (framework/plugins/interpodaffinity) */
export const interPodAffinity = (args: PluginArgs["InterPodAffinity"]): Plugin => ({
  name: NAME,
  hints: {
    "pod/add": (pod, { now }, listers) => isPlaced(now) && fulfils(pod, now, listers),
    "pod/labels": (pod, { old, now }, listers) => {
      if (now?.metadata.uid === pod.metadata.uid) return true;
      if (!isPlaced(old) || !isPlaced(now)) return false;
      return (
        (!fulfils(pod, old, listers) && fulfils(pod, now, listers)) ||
        (violates(pod, old, listers) && !violates(pod, now, listers))
      );
    },
    "pod/delete": (pod, { old }, listers) =>
      isPlaced(old) &&
      (violates(pod, old, listers) ||
        affinityTerms(old).requiredAnti.some((term) => term.matches(pod, namespaceLabels({ listers })))),
    "node/add": (pod, { now }) => {
      const { required, requiredAnti } = affinityTerms(pod);
      // Without the label a new node is in no domain where anti-affinity could be hurt.
      return requiredAnti.length > 0 || required.some(({ topologyKey }) => now?.metadata.labels?.[topologyKey]);
    },
    "node/labels": (pod, { old, now }) => {
      const { required, requiredAnti } = affinityTerms(pod);
      return [...required, ...requiredAnti].some(
        ({ topologyKey }) => old?.metadata.labels?.[topologyKey] !== now?.metadata.labels?.[topologyKey],
      );
    },
  },
  preFilter(cycle) {
    const { pod, info, nodes, index } = cycle;
    const { required, requiredAnti } = info.terms;
    const state: FilterState = {
      existing: new TopologyCounts(),
      affinity: new TopologyCounts(),
      antiAffinity: new TopologyCounts(),
    };
    for (const { term, byNode } of index.antiAffinityTo(pod)) state.existing.addAll(term.topologyKey, byNode, nodes);
    if (!required.length && !requiredAnti.length && state.existing.isEmpty) return "skip";
    if (required.length) {
      const byNode = index.podsByNode(together(required, cycle));
      for (const { topologyKey } of required) state.affinity.addAll(topologyKey, byNode, nodes);
    }
    for (const term of requiredAnti) state.antiAffinity.addAll(term.topologyKey, index.podsByNode(term), nodes);
    cycle.state.set(NAME, state);
    return undefined;
  },
  filter(cycle, node) {
    const { existing, affinity, antiAffinity } = cycle.state.get(NAME) as FilterState;
    const { required, requiredAnti } = cycle.info.terms;
    if (required.length) {
      const labels = node.node.metadata.labels ?? {};
      const near = required.every(({ topologyKey }) => affinity.at(topologyKey, node) > 0);
      // The first Pod of a group that wants to be together has nobody to be near to, but itself.
      const first = () => !affinity.hasPositive() && together(required, cycle).matches(cycle.pod);
      if (required.some(({ topologyKey }) => labels[topologyKey] === undefined) || (!near && !first())) {
        return refuse(NAME, ["node(s) didn't match pod affinity rules"], true);
      }
    }
    if (requiredAnti.some(({ topologyKey }) => antiAffinity.at(topologyKey, node) > 0)) {
      return refuse(NAME, ["node(s) didn't match pod anti-affinity rules"]);
    }
    if (existing.isPositiveAt(node)) return refuse(NAME, ["node(s) didn't satisfy existing pods anti-affinity rules"]);
    return undefined;
  },
  withPods(cycle, infos, node, by) {
    const old = cycle.state.get(NAME) as FilterState | undefined;
    if (!old) return;
    const copy: FilterState = {
      existing: old.existing.clone(),
      affinity: old.affinity.clone(),
      antiAffinity: old.antiAffinity.clone(),
    };
    for (const info of infos) countPod(cycle, copy, node, info, by);
    cycle.state.set(NAME, copy);
  },
  preScore(cycle) {
    const { pod, info, nodes, index } = cycle;
    const scores = new TopologyCounts();
    for (const { term, weight } of info.terms.preferred)
      scores.addAll(term.topologyKey, index.podsByNode(term), nodes, weight);
    const wishes = info.terms.preferred.length > 0 || !args.ignorePreferredTermsOfExistingPods;
    for (const { term, weight, byNode } of index.interestIn(pod)) {
      const factor = weight ?? args.hardPodAffinityWeight;
      if (factor && (wishes || weight === undefined)) scores.addAll(term.topologyKey, byNode, nodes, factor);
    }
    if (scores.isEmpty) return "skip";
    cycle.state.set(`${NAME}/score`, scores);
    return undefined;
  },
  score: ({ state }, node) => (state.get(`${NAME}/score`) as TopologyCounts).sumAt(node),
  normalize(_, scores) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const score of scores) {
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
    const span = most - least;
    for (let i = 0; i < scores.length; i++) {
      scores[i] = span > 0 ? Math.floor((MAX_SCORE * ((scores[i] ?? 0) - least)) / span) : 0;
    }
  },
});

import type { Namespace, Pod, PodAffinityTerm } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import { type Cycle, type Listers, MAX_SCORE, type Plugin, refuse } from "../framework.ts";
import type { NodeInfo, PodInfo } from "../node-info.ts";
import { selectorMatches } from "../selectors.ts";

const NAME = "InterPodAffinity";
/** Weight that a Pod's own required affinity gives, in scores, to nodes near it. (HardPodAffinityWeight) */
const HARD_WEIGHT = 1;

interface Term {
  readonly key: string;
  matches(pod: Pod): boolean;
}

function compile(term: PodAffinityTerm, owner: Pod, listers: Listers): Term {
  const expressions = [...(term.labelSelector?.matchExpressions ?? [])];
  for (const [keys, operator] of [
    [term.matchLabelKeys, "In"],
    [term.mismatchLabelKeys, "NotIn"],
  ] as const) {
    for (const key of keys ?? []) {
      const value = owner.metadata.labels?.[key];
      if (value !== undefined) expressions.push({ key, operator, values: [value] });
    }
  }
  const selector: LabelSelector | undefined = term.labelSelector && {
    ...term.labelSelector,
    matchExpressions: expressions,
  };
  // Without any namespace said, a term is about the owner's own.
  const own = !term.namespaces?.length && !term.namespaceSelector;
  const inNamespace = (name: string) =>
    own
      ? name === owner.metadata.namespace
      : (term.namespaces ?? []).includes(name) ||
        (term.namespaceSelector !== undefined &&
          selectorMatches(term.namespaceSelector, namespaceLabels(listers.namespace(name))));
  return {
    key: term.topologyKey,
    matches: (pod) => inNamespace(pod.metadata.namespace ?? "") && selectorMatches(selector, pod.metadata.labels),
  };
}

const namespaceLabels = (namespace: Namespace | undefined) => namespace?.metadata.labels ?? {};

const requiredAffinity = ({ spec }: Pod) =>
  spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
const requiredAntiAffinity = ({ spec }: Pod) =>
  spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
const preferredAffinity = ({ spec }: Pod) =>
  spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
const preferredAntiAffinity = ({ spec }: Pod) =>
  spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];

/** How many Pods stand behind a `key=value` of node labels. */
type Counts = Map<string, number>;

function bump(counts: Counts, node: NodeInfo, key: string, by: number): void {
  const value = node.node.metadata.labels?.[key];
  if (value === undefined) return;
  const pair = `${key}=${value}`;
  counts.set(pair, (counts.get(pair) ?? 0) + by);
}

const at = (counts: Counts, node: NodeInfo, key: string) => {
  const value = node.node.metadata.labels?.[key];
  return value === undefined ? 0 : (counts.get(`${key}=${value}`) ?? 0);
};

interface FilterState {
  readonly affinity: readonly Term[];
  readonly antiAffinity: readonly Term[];
  /** Existing Pods whose anti-affinity this Pod would hurt. */
  readonly existing: Counts;
  readonly affinityCounts: Counts;
  readonly antiAffinityCounts: Counts;
}

function countPod(cycle: Cycle, state: FilterState, node: NodeInfo, { pod }: PodInfo, by: number): void {
  for (const term of requiredAntiAffinity(pod)) {
    const compiled = compile(term, pod, cycle.listers);
    if (compiled.matches(cycle.pod)) bump(state.existing, node, compiled.key, by);
  }
  if (state.affinity.length && state.affinity.every((term) => term.matches(pod))) {
    for (const { key } of state.affinity) bump(state.affinityCounts, node, key, by);
  }
  for (const term of state.antiAffinity) if (term.matches(pod)) bump(state.antiAffinityCounts, node, term.key, by);
}

/** Pods that want to be near, or far from, other Pods. (framework/plugins/interpodaffinity) */
export const interPodAffinity: Plugin = {
  name: NAME,
  weight: 2,
  retryOn: ["node/add", "node/labels", "pod/add", "pod/labels", "pod/delete", "namespace"],
  preFilter(cycle) {
    const { pod, nodes, listers } = cycle;
    const state: FilterState = {
      affinity: requiredAffinity(pod).map((term) => compile(term, pod, listers)),
      antiAffinity: requiredAntiAffinity(pod).map((term) => compile(term, pod, listers)),
      existing: new Map(),
      affinityCounts: new Map(),
      antiAffinityCounts: new Map(),
    };
    const own = state.affinity.length > 0 || state.antiAffinity.length > 0;
    for (const node of nodes.values()) {
      for (const info of own ? node.pods.values() : node.withRequiredAntiAffinity)
        countPod(cycle, state, node, info, 1);
    }
    if (!own && state.existing.size === 0) return "skip";
    cycle.state.set(NAME, state);
    return undefined;
  },
  filter({ pod, state }, node) {
    const { affinity, antiAffinity, existing, affinityCounts, antiAffinityCounts } = state.get(NAME) as FilterState;
    const labels = node.node.metadata.labels ?? {};
    if (affinity.length) {
      const near = affinity.every(({ key }) => at(affinityCounts, node, key) > 0);
      // The first Pod of a group that wants to be together has nobody to be near to, but itself.
      const first = affinityCounts.size === 0 && affinity.every((term) => term.matches(pod));
      if (affinity.some(({ key }) => labels[key] === undefined) || (!near && !first)) {
        return refuse(NAME, ["node(s) didn't match pod affinity rules"], true);
      }
    }
    if (antiAffinity.some(({ key }) => at(antiAffinityCounts, node, key) > 0)) {
      return refuse(NAME, ["node(s) didn't match pod anti-affinity rules"]);
    }
    for (const [pair, count] of existing) {
      const key = pair.slice(0, pair.indexOf("="));
      if (count > 0 && `${key}=${labels[key]}` === pair) {
        return refuse(NAME, ["node(s) didn't satisfy existing pods anti-affinity rules"]);
      }
    }
    return undefined;
  },
  withoutPods(cycle, removed, node) {
    const old = cycle.state.get(NAME) as FilterState | undefined;
    if (!old) return;
    const copy: FilterState = {
      ...old,
      existing: new Map(old.existing),
      affinityCounts: new Map(old.affinityCounts),
      antiAffinityCounts: new Map(old.antiAffinityCounts),
    };
    for (const info of removed) countPod(cycle, copy, node, info, -1);
    cycle.state.set(NAME, copy);
  },
  preScore(cycle) {
    const { pod, nodes, listers } = cycle;
    const wishes = [
      ...preferredAffinity(pod).map(({ weight, podAffinityTerm }) => ({
        weight,
        term: compile(podAffinityTerm, pod, listers),
      })),
      ...preferredAntiAffinity(pod).map(({ weight, podAffinityTerm }) => ({
        weight: -weight,
        term: compile(podAffinityTerm, pod, listers),
      })),
    ];
    const scores: Counts = new Map();
    for (const node of nodes.values()) {
      for (const { pod: other } of wishes.length ? node.pods.values() : node.withAffinity) {
        for (const { weight, term } of wishes) if (term.matches(other)) bump(scores, node, term.key, weight);
        const theirs = [
          ...requiredAffinity(other).map((podAffinityTerm) => ({ weight: HARD_WEIGHT, podAffinityTerm })),
          ...preferredAffinity(other),
          ...preferredAntiAffinity(other).map((wish) => ({ ...wish, weight: -wish.weight })),
        ];
        for (const { weight, podAffinityTerm } of theirs) {
          const term = compile(podAffinityTerm, other, listers);
          if (term.matches(pod)) bump(scores, node, term.key, weight);
        }
      }
    }
    if (scores.size === 0) return "skip";
    cycle.state.set(`${NAME}/score`, scores);
    return undefined;
  },
  score({ state }, { node }) {
    let sum = 0;
    for (const [pair, score] of state.get(`${NAME}/score`) as Counts) {
      const key = pair.slice(0, pair.indexOf("="));
      if (`${key}=${node.metadata.labels?.[key]}` === pair) sum += score;
    }
    return sum;
  },
  normalize(_, scores) {
    const least = Math.min(...scores);
    const span = Math.max(...scores) - least;
    for (let i = 0; i < scores.length; i++) {
      scores[i] = span > 0 ? Math.floor((MAX_SCORE * ((scores[i] ?? 0) - least)) / span) : 0;
    }
  },
};

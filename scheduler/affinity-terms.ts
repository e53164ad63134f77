import type { Pod, PodAffinityTerm } from "../openapi/api/core.v1.ts";
import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";
import { selectorMatches } from "./selectors.ts";

/** Labels of a namespace by its name. */
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>>;

/** A term of inter-pod affinity: the Pods it is about, and the node label that says what is near. */
export interface Term {
  /** Equal for terms that mean the same. */
  readonly id: string;
  readonly topologyKey: string;
  /** Set when the term is about one namespace only. */
  readonly namespace?: string;
  matches(pod: Pod, namespaceLabels: NamespaceLabels): boolean;
}

export interface WeightedTerm {
  readonly term: Term;
  /** Negative for anti-affinity. */
  readonly weight: number;
}

/** The affinity of a Pod, compiled. */
export interface AffinityTerms {
  readonly required: readonly Term[];
  readonly requiredAnti: readonly Term[];
  readonly preferred: readonly WeightedTerm[];
}

const NONE: AffinityTerms = { required: [], requiredAnti: [], preferred: [] };

/** (framework.GetAffinityTerms) */
export function affinityTerms(pod: Pod): AffinityTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return NONE;
  const weighted = (sign: 1 | -1) => (wish: { weight: number; podAffinityTerm: PodAffinityTerm }) => ({
    term: compile(wish.podAffinityTerm, pod),
    weight: sign * wish.weight,
  });
  return {
    required: podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map((term) => compile(term, pod)) ?? [],
    requiredAnti:
      podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map((term) => compile(term, pod)) ?? [],
    preferred: [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted(1)),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted(-1)),
    ],
  };
}

function compile(term: PodAffinityTerm, owner: Pod): Term {
  const { topologyKey, labelSelector, namespaceSelector } = term;
  const selector = labelSelector && withLabelKeys(labelSelector, term, owner);
  // Without any namespace said, a term is about the owner's own.
  const namespaces = term.namespaces?.length || namespaceSelector ? (term.namespaces ?? []) : [ownNamespace(owner)];
  const namespace = namespaces.length === 1 && !namespaceSelector ? namespaces[0] : undefined;
  return {
    id: JSON.stringify([topologyKey, selector, namespaces, namespaceSelector]),
    topologyKey,
    ...(namespace !== undefined && { namespace }),
    matches(pod, namespaceLabels) {
      const name = ownNamespace(pod);
      if (namespace === undefined ? !namespaces.includes(name) : namespace !== name) {
        if (!namespaceSelector || !selectorMatches(namespaceSelector, namespaceLabels(name))) return false;
      }
      return selectorMatches(selector, pod.metadata.labels);
    },
  };
}

const ownNamespace = ({ metadata }: Pod): string => metadata.namespace ?? "";

/** Only Pods that have (or have not) the owner's values of these labels. */
function withLabelKeys(selector: LabelSelector, term: PodAffinityTerm, owner: Pod): LabelSelector {
  const more = ([keys, operator]: [string[] | undefined, string]) =>
    (keys ?? []).flatMap((key) => {
      const value = owner.metadata.labels?.[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const expressions = [more([term.matchLabelKeys, "In"]), more([term.mismatchLabelKeys, "NotIn"])].flat();
  if (!expressions.length) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions] };
}

import type { Node, NodeSelector, NodeSelectorTerm, Pod, Taint, Toleration } from "../openapi/api/core.v1.ts";
import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function requirementMatches({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      if (value === undefined || !/^[+-]?\d+$/.test(value) || !/^[+-]?\d+$/.test(values[0] ?? "")) return false;
      return operator === "Gt" ? BigInt(value) > BigInt(values[0] ?? 0) : BigInt(value) < BigInt(values[0] ?? 0);
    }
    default:
      return false;
  }
}

/** A metav1.LabelSelector. Absent matches nothing, empty matches everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (!selector) return false;
  for (const key in selector.matchLabels) if (labels[key] !== selector.matchLabels[key]) return false;
  return (selector.matchExpressions ?? []).every((requirement) => requirementMatches(requirement, labels));
}

/** A plain map selector, as Services have. Absent or empty matches nothing. */
export function mapSelectorMatches(selector: Labels | undefined, labels: Labels = {}): boolean {
  const keys = Object.keys(selector ?? {});
  return keys.length > 0 && keys.every((key) => labels[key] === selector?.[key]);
}

/** One term: all its expressions and fields hold; an empty term matches no node. */
export function nodeSelectorTermMatches(term: NodeSelectorTerm, node: Node): boolean {
  if (!term.matchExpressions?.length && !term.matchFields?.length) return false;
  const fields = { "metadata.name": node.metadata.name ?? "" };
  return (
    (term.matchExpressions ?? []).every((requirement) => requirementMatches(requirement, node.metadata.labels ?? {})) &&
    (term.matchFields ?? []).every((requirement) => requirementMatches(requirement, fields))
  );
}

/** Terms are alternatives. */
export function nodeSelectorMatches(selector: NodeSelector, node: Node): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => nodeSelectorTermMatches(term, node));
}

/** `spec.nodeSelector` and the required node affinity together. (component-helpers/scheduling/corev1/nodeaffinity) */
export function podWantsNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const key in spec.nodeSelector) if (labels[key] !== spec.nodeSelector[key]) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || nodeSelectorMatches(required, node);
}

/** (component-helpers/scheduling/corev1 ToleratesTaint) */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "") {
    case "":
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "");
    case "Exists":
      return true;
    default:
      return false;
  }
}

/** The first taint of one of these effects that no toleration covers. */
export function untolerated(node: Node, pod: Pod, effects: readonly string[]): Taint | undefined {
  return node.spec?.taints?.find(
    (taint) =>
      effects.includes(taint.effect) && !pod.spec.tolerations?.some((toleration) => tolerates(toleration, taint)),
  );
}

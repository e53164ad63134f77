import type { Node, NodeSelector, NodeSelectorTerm, PodSpec } from "../openapi/api/core.v1.ts";

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Labels that are no whole numbers are neither greater nor less. (apimachinery/pkg/labels Requirement.Matches) */
export function requirementMatches({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
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

/** One term: all its expressions and fields hold; an empty term matches no node. */
export function nodeSelectorTermMatches(term: NodeSelectorTerm, node: Readonly<Node>): boolean {
  if (!term.matchExpressions?.length && !term.matchFields?.length) return false;
  const fields = { "metadata.name": node.metadata.name ?? "" };
  return (
    (term.matchExpressions ?? []).every((requirement) => requirementMatches(requirement, node.metadata.labels ?? {})) &&
    (term.matchFields ?? []).every((requirement) => requirementMatches(requirement, fields))
  );
}

/** Terms are alternatives. */
export function nodeSelectorMatches(selector: NodeSelector, node: Readonly<Node>): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => nodeSelectorTermMatches(term, node));
}

/** `nodeSelector` and the required node affinity together. (component-helpers/scheduling/corev1/nodeaffinity) */
export function podWantsNode({ nodeSelector, affinity }: Readonly<PodSpec>, node: Readonly<Node>): boolean {
  const labels = node.metadata.labels ?? {};
  for (const key in nodeSelector) if (labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || nodeSelectorMatches(required, node);
}

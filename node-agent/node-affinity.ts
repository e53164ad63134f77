import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from "../openapi/api/core.v1.ts";

/** Whether a node is one of those that a Pod requires. (component-helpers/scheduling/corev1/nodeaffinity) */
export function matchesNode({ spec }: Pod, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([name, value]) => labels[name] === value);
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!selected || !required) return selected;
  const fields = { "metadata.name": metadata.name ?? "" };
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, labels, fields));
}

/** A term without anything in it matches no node. */
function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string>>,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => matches(requirement, labels)) &&
    matchFields.every((requirement) => matches(requirement, fields))
  );
}

function matches(
  { key, operator, values = [] }: NodeSelectorRequirement,
  of: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(of, key) ? of[key] : undefined;
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
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

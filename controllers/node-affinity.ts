import { matchesLabels } from "../client/index.ts";
import type { Node, NodeSelectorTerm, PodSpec } from "../openapi/api/core.v1.ts";

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

/** Whether a node is one that a Pod asks for, by node selector and required affinity. */
export function wantsNode({ nodeSelector, affinity }: Readonly<PodSpec>, node: Readonly<Node>): boolean {
  if (nodeSelector && !matchesLabels(nodeSelector, node.metadata.labels)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** Terms are alternatives; within one everything must hold, and an empty one matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Readonly<Node>): boolean {
  if (!matchExpressions.length && !matchFields.length) return false;
  return (
    matchExpressions.every((one) => holds(one, node.metadata.labels?.[one.key])) &&
    matchFields.every((one) => one.key === "metadata.name" && holds(one, node.metadata.name))
  );
}

function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  const limit = Number(values[0]);
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
      return value !== undefined && Number(value) > limit;
    case "Lt":
      return value !== undefined && Number(value) < limit;
    default:
      return false;
  }
}

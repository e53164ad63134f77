import { requirementMatches } from "../client/index.ts";
import type { Node, Pod, Taint, Toleration } from "../openapi/api/core.v1.ts";
import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";

type Labels = Readonly<Record<string, string>>;

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

import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";

/** As Go's `%+v` prints a pointer to one, in messages. (LabelSelector.String). */
export function selectorAsGo(selector: LabelSelector | undefined): string {
  if (!selector) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join("");
  const expressions = (selector.matchExpressions ?? [])
    .map(
      (one) =>
        `LabelSelectorRequirement{Key:${one.key},Operator:${one.operator},Values:[${one.values?.join(" ") ?? ""}],},`,
    )
    .join("");
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}

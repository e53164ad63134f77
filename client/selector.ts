import type { LabelSelector } from "../openapi/api/meta.k8s.io.v1.ts";

type Labels = Readonly<Record<string, string>> | undefined;

/** Whether labels match. An absent selector matches nothing, an empty one everything. (metav1.LabelSelectorAsSelector) */
export function matchesSelector(selector: Readonly<LabelSelector> | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    matchesLabels(matchLabels, labels) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels?.[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      return false;
    })
  );
}

/** Whether all wanted labels are there with their values; no wish matches everything. */
export function matchesLabels(wanted: Readonly<Record<string, string>>, labels: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}

/** A selector that asks for nothing at all. */
export function isEmptySelector(selector: Readonly<LabelSelector> | undefined): boolean {
  return !Object.keys(selector?.matchLabels ?? {}).length && !selector?.matchExpressions?.length;
}

import type { Pod, PodAffinityTerm } from "../../../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../../../openapi/api/meta.k8s.io.v1.ts";
import { getMember } from "../../../meta/members.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * Turns `matchLabelKeys` and `mismatchLabelKeys` into requirements on the values that the Pod's own labels have, so
 * that schedulers only see selectors. (mutatePodAffinity, mutateTopologySpreadConstraints of pkg/registry/core/pod)
 */
export function mergeLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      mergeTerm(podAffinityTerm, labels);
    }
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
  }
  for (const { labelSelector, matchLabelKeys } of spec?.topologySpreadConstraints ?? []) {
    merge(labelSelector, matchLabelKeys, "In", labels);
  }
}

function mergeTerm({ labelSelector, matchLabelKeys, mismatchLabelKeys }: PodAffinityTerm, labels: Labels): void {
  merge(labelSelector, matchLabelKeys, "In", labels);
  merge(labelSelector, mismatchLabelKeys, "NotIn", labels);
}

function merge(
  selector: LabelSelector | undefined,
  keys: readonly string[] = [],
  operator: "In" | "NotIn",
  labels: Labels,
): void {
  // An absent selector matches nothing, and must not begin to.
  if (!selector) return;
  const known = keys.filter((key) => getMember(labels, key) !== undefined);
  if (known.length === 0) return;
  const added = known.map((key) => ({ key, operator, values: [getMember(labels, key) ?? ""] }));
  selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added];
}

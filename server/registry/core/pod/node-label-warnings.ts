import type { NodeSelectorTerm, PodSpec } from "../../../../openapi/api/core.v1.ts";
import { validateLabelValue } from "../../../meta/names.ts";

/** (pkg/api/node) */
const DEPRECATED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
  }),
);
export const NULL_SELECTOR = "a null labelSelector results in matching no pod";

/** Of selectors of nodes. */
export function nodeLabelWarnings({ nodeSelector = {}, affinity }: PodSpec, field: string): string[] {
  const path = `${field}.affinity.nodeAffinity`;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...Object.keys(nodeSelector)
      .filter((key) => DEPRECATED.get(key))
      .map((key) => `${field}.nodeSelector[${key}]: ${DEPRECATED.get(key)}`),
    ...required.flatMap((term, i) =>
      termWarnings(term, false, `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      termWarnings(preference, true, `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`),
    ),
  ];
}

/** Values of preferences are not validated, so there is something left to warn of. */
function termWarnings({ matchExpressions = [] }: NodeSelectorTerm, checkValues: boolean, field: string): string[] {
  return matchExpressions.flatMap(({ key, values = [] }, i) => {
    const at = `${field}.matchExpressions[${i}]`;
    const wrong = values.flatMap((value, j) =>
      validateLabelValue(value).map((text) => `${at}.values[${j}]: ${value} is invalid, ${text}`),
    );
    return [
      ...(DEPRECATED.get(key) ? [`${at}.key: ${key} is ${DEPRECATED.get(key)}`] : []),
      ...(checkValues ? wrong : []),
    ];
  });
}

export function spreadWarnings({ topologySpreadConstraints = [] }: PodSpec, field: string): string[] {
  return topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
    const at = `${field}.topologySpreadConstraints[${i}]`;
    const text = DEPRECATED.get(topologyKey);
    return [
      ...(text ? [`${at}.topologyKey: ${topologyKey} is ${text}`] : []),
      ...(labelSelector ? [] : [`${at}.labelSelector: ${NULL_SELECTOR}`]),
    ];
  });
}

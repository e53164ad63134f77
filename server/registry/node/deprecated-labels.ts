/** Labels of nodes that have newer names. (pkg/api/node/util.go) */
const DEPRECATED: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What to say of a label; undefined when it is fine. */
export function deprecationOf(label: string): string | undefined {
  return Object.hasOwn(DEPRECATED, label) ? DEPRECATED[label] : undefined;
}

interface Requirement {
  readonly key?: string;
}

/** A node selector term's expressions. (GetWarningsForNodeSelectorTerm) */
export function warningsForTerm(
  { matchExpressions = [] }: { readonly matchExpressions?: readonly Requirement[] },
  field: string,
): string[] {
  return matchExpressions.flatMap(({ key = "" }, index) => {
    const text = deprecationOf(key);
    return text ? [`${field}.matchExpressions[${index}].key: ${key} is ${text}`] : [];
  });
}

interface Selector {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** A label selector over nodes. (GetWarningsForNodeSelector) */
export function warningsForSelector(selector: Selector | undefined, field: string): string[] {
  if (!selector) return [];
  const labels = Object.keys(selector.matchLabels ?? {}).flatMap((key) => {
    const text = deprecationOf(key);
    return text ? [`${field}.matchLabels.${key}: ${text}`] : [];
  });
  return [...warningsForTerm(selector, field), ...labels];
}

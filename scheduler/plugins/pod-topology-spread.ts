import type { Pod, TopologySpreadConstraint } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import { type Cycle, MAX_SCORE, type Plugin, refuse } from "../framework.ts";
import type { NodeInfo, PodInfo } from "../node-info.ts";
import { mapSelectorMatches, podWantsNode, selectorMatches, untolerated } from "../selectors.ts";

const NAME = "PodTopologySpread";
const HOSTNAME = "kubernetes.io/hostname";
const NOT_MATCHED = "node(s) didn't match pod topology spread constraints";

interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly matches: (pod: Pod) => boolean;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

/** What a cluster without other settings does for Pods of a Service or a workload that set no constraints. */
const SYSTEM_DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

function compile(constraint: TopologySpreadConstraint, pod: Pod): Constraint {
  const selector: LabelSelector = { ...constraint.labelSelector };
  for (const key of constraint.matchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) {
      selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator: "In", values: [value] }];
    }
  }
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    matches: constraint.labelSelector ? (other) => selectorMatches(selector, other.metadata.labels) : () => false,
    honorAffinity: (constraint.nodeAffinityPolicy ?? "Honor") === "Honor",
    honorTaints: (constraint.nodeTaintsPolicy ?? "Ignore") === "Honor",
  };
}

const hard = (pod: Pod) =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule")
    .map((constraint) => compile(constraint, pod));

/** Own soft constraints; without any constraint, the cluster's, over the Pods of what selects this one. */
function soft({ pod, listers }: Cycle): { constraints: Constraint[]; ownOnes: boolean } {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length) {
    const constraints = own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway");
    return { constraints: constraints.map((constraint) => compile(constraint, pod)), ownOnes: true };
  }
  const namespace = pod.metadata.namespace ?? "";
  const labels = pod.metadata.labels;
  const selectors: ((other: Pod) => boolean)[] = [];
  for (const { spec } of listers.services(namespace)) {
    if (mapSelectorMatches(spec.selector, labels))
      selectors.push((other) => mapSelectorMatches(spec.selector, other.metadata.labels));
  }
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind === "ReplicationController") {
    const found = listers.replicationControllers(namespace).find(({ metadata }) => metadata.uid === owner.uid);
    if (found) selectors.push((other) => mapSelectorMatches(found.spec?.selector, other.metadata.labels));
  } else if (owner?.kind === "ReplicaSet" || owner?.kind === "StatefulSet") {
    const sets = owner.kind === "ReplicaSet" ? listers.replicaSets(namespace) : listers.statefulSets(namespace);
    const found = sets.find(({ metadata }) => metadata.uid === owner.uid);
    if (found) selectors.push((other) => selectorMatches(found.spec?.selector, other.metadata.labels));
  }
  if (!selectors.length) return { constraints: [], ownOnes: false };
  const matches = (other: Pod) => selectors.every((selects) => selects(other));
  const constraints = SYSTEM_DEFAULTS.map(({ topologyKey, maxSkew }) => ({
    key: topologyKey,
    maxSkew,
    minDomains: 1,
    matches,
    honorAffinity: true,
    honorTaints: false,
  }));
  return { constraints, ownOnes: false };
}

const included = ({ pod }: Cycle, { node }: NodeInfo, constraint: Constraint) =>
  (!constraint.honorAffinity || podWantsNode(pod, node)) &&
  (!constraint.honorTaints || !untolerated(node, pod, ["NoSchedule", "NoExecute"]));

function countOn(node: NodeInfo, constraint: Constraint, namespace: string | undefined): number {
  let count = 0;
  for (const { pod } of node.pods.values()) {
    if (pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && constraint.matches(pod)) count++;
  }
  return count;
}

interface FilterState {
  readonly constraints: readonly Constraint[];
  /** Pods by topology value, one map a constraint. */
  readonly counts: readonly Map<string, number>[];
}

interface ScoreState {
  readonly constraints: readonly Constraint[];
  readonly counts: readonly Map<string, number>[];
  readonly weights: readonly number[];
  readonly ignored: ReadonlySet<NodeInfo>;
}

const hasAll = (node: NodeInfo, constraints: readonly Constraint[]) =>
  constraints.every(({ key }) => node.node.metadata.labels?.[key] !== undefined);

/** Spreads Pods evenly over the values of a node label. (framework/plugins/podtopologyspread) */
export const podTopologySpread: Plugin = {
  name: NAME,
  weight: 2,
  retryOn: ["node/add", "node/labels", "node/taints", "pod/add", "pod/labels", "pod/delete"],
  preFilter(cycle) {
    const constraints = hard(cycle.pod);
    if (!constraints.length) return "skip";
    const counts = constraints.map(() => new Map<string, number>());
    for (const node of cycle.nodes.values()) {
      if (!hasAll(node, constraints)) continue;
      constraints.forEach((constraint, i) => {
        if (!included(cycle, node, constraint)) return;
        const value = node.node.metadata.labels?.[constraint.key] ?? "";
        counts[i]?.set(value, (counts[i]?.get(value) ?? 0) + countOn(node, constraint, cycle.pod.metadata.namespace));
      });
    }
    cycle.state.set(NAME, { constraints, counts } satisfies FilterState);
    return undefined;
  },
  filter({ pod, state }, { node }) {
    const { constraints, counts } = state.get(NAME) as FilterState;
    for (const [i, constraint] of constraints.entries()) {
      const value = node.metadata.labels?.[constraint.key];
      if (value === undefined) return refuse(NAME, [`${NOT_MATCHED} (missing required label)`], true);
      const domains = counts[i] ?? new Map<string, number>();
      let least = domains.size < constraint.minDomains ? 0 : Number.POSITIVE_INFINITY;
      for (const count of domains.values()) least = Math.min(least, count);
      const skew = (domains.get(value) ?? 0) + (constraint.matches(pod) ? 1 : 0) - (Number.isFinite(least) ? least : 0);
      if (skew > constraint.maxSkew) return refuse(NAME, [NOT_MATCHED]);
    }
    return undefined;
  },
  withoutPods({ pod, state }, removed: readonly PodInfo[], { node }) {
    const old = state.get(NAME) as FilterState | undefined;
    if (!old) return;
    const counts = old.counts.map((domains, i) => {
      const constraint = old.constraints[i];
      const value = constraint && node.metadata.labels?.[constraint.key];
      if (!constraint || value === undefined || !domains.has(value)) return domains;
      const gone = removed.filter(
        (info) => info.pod.metadata.namespace === pod.metadata.namespace && constraint.matches(info.pod),
      ).length;
      return new Map(domains).set(value, (domains.get(value) ?? 0) - gone);
    });
    state.set(NAME, { ...old, counts } satisfies FilterState);
  },
  preScore(cycle, feasible) {
    const { constraints, ownOnes } = soft(cycle);
    if (!constraints.length) return "skip";
    const ignored = new Set(feasible.filter((node) => ownOnes && !hasAll(node, constraints)));
    const counts = constraints.map(() => new Map<string, number>());
    for (const node of feasible) {
      if (ignored.has(node)) continue;
      constraints.forEach(({ key }, i) => {
        if (key !== HOSTNAME) counts[i]?.set(node.node.metadata.labels?.[key] ?? "", 0);
      });
    }
    for (const node of cycle.nodes.values()) {
      if (ownOnes && !hasAll(node, constraints)) continue;
      constraints.forEach((constraint, i) => {
        const value = node.node.metadata.labels?.[constraint.key] ?? "";
        if (!counts[i]?.has(value) || !included(cycle, node, constraint)) return;
        counts[i]?.set(value, (counts[i]?.get(value) ?? 0) + countOn(node, constraint, cycle.pod.metadata.namespace));
      });
    }
    const weights = constraints.map(({ key }, i) =>
      Math.log((key === HOSTNAME ? feasible.length - ignored.size : (counts[i]?.size ?? 0)) + 2),
    );
    cycle.state.set(`${NAME}/score`, { constraints, counts, weights, ignored } satisfies ScoreState);
    return undefined;
  },
  score({ pod, state }, node) {
    const { constraints, counts, weights, ignored } = state.get(`${NAME}/score`) as ScoreState;
    if (ignored.has(node)) return 0;
    let score = 0;
    for (const [i, constraint] of constraints.entries()) {
      const value = node.node.metadata.labels?.[constraint.key];
      if (value === undefined) continue;
      const count =
        constraint.key === HOSTNAME ? countOn(node, constraint, pod.metadata.namespace) : (counts[i]?.get(value) ?? 0);
      score += count * (weights[i] ?? 1) + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  },
  normalize({ state }, scores, feasible) {
    const { ignored } = state.get(`${NAME}/score`) as ScoreState;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const [i, node] of feasible.entries()) {
      if (ignored.has(node)) continue;
      least = Math.min(least, scores[i] ?? 0);
      most = Math.max(most, scores[i] ?? 0);
    }
    for (const [i, node] of feasible.entries()) {
      if (ignored.has(node)) scores[i] = 0;
      else scores[i] = most === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (most + least - (scores[i] ?? 0))) / most);
    }
  },
};

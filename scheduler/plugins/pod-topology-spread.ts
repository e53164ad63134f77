import type { Node, Pod, TopologySpreadConstraint } from "../../openapi/api/core.v1.ts";
import type { PluginArgs } from "../config/types.ts";
import { type Cycle, MAX_SCORE, type Plugin, refuse } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodsByNode } from "../pod-index.ts";
import { type Constraint, defaultConstraints, isIncluded, ownConstraints } from "../spread-constraints.ts";

const NAME = "PodTopologySpread";
const HOSTNAME = "kubernetes.io/hostname";
const NOT_MATCHED = "node(s) didn't match pod topology spread constraints";

/** What a cluster without other settings does for Pods of a Service or a workload that set no constraints. */
const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME, maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
];

/** A hard constraint and the Pods that it counts, by value of its label. */
interface Domains {
  readonly constraint: Constraint;
  readonly counts: ReadonlyMap<string, number>;
  /** In the emptiest domain. */
  readonly least: number;
}

interface ScoreState {
  readonly constraints: readonly Constraint[];
  /** Pods by topology value, one map a constraint. */
  readonly counts: readonly Map<string, number>[];
  readonly byNode: readonly PodsByNode[];
  readonly weights: readonly number[];
  readonly ignored: ReadonlySet<NodeInfo>;
}

const hasAll = ({ node }: NodeInfo, constraints: readonly Constraint[]) =>
  constraints.every(({ key }) => node.metadata.labels?.[key] !== undefined);

const podsByNode = ({ index }: Cycle, { counted }: Constraint): PodsByNode =>
  counted ? index.podsByNode(counted) : new Map();

function domains(constraint: Constraint, counts: ReadonlyMap<string, number>): Domains {
  let least = counts.size < constraint.minDomains ? 0 : Number.POSITIVE_INFINITY;
  for (const count of counts.values()) least = Math.min(least, count);
  return { constraint, counts, least: Number.isFinite(least) ? least : 0 };
}

function constraintsOf(
  { pod, listers }: Cycle,
  { defaultingType, defaultConstraints: configured }: PluginArgs["PodTopologySpread"],
  wanted: "DoNotSchedule" | "ScheduleAnyway",
): Constraint[] {
  if (pod.spec.topologySpreadConstraints?.length) return ownConstraints(pod, wanted);
  return defaultConstraints(pod, listers, defaultingType === "List" ? configured : SYSTEM_DEFAULTS, wanted);
}

/** A Pod on a node, or promised to one, of the same namespace; or the Pod itself. */
const isInvolved = (pod: Pod, other: Pod | undefined): boolean =>
  other !== undefined &&
  (other.metadata.uid === pod.metadata.uid ||
    (Boolean(other.spec.nodeName || other.status?.nominatedNodeName) &&
      other.metadata.namespace === pod.metadata.namespace));

const isCounted = (pod: Pod, other: Pod | undefined): boolean =>
  other !== undefined && ownConstraints(pod, "DoNotSchedule").some(({ selects }) => selects(other));

/** Whether a node is in some domain of every constraint. */
const belongs = (pod: Pod, node: Node | undefined): boolean =>
  ownConstraints(pod, "DoNotSchedule").every(({ key }) => node?.metadata.labels?.[key] !== undefined);

/** Spreads Pods evenly over the values of a node label. (framework/plugins/podtopologyspread) */
export const podTopologySpread = (args: PluginArgs["PodTopologySpread"]): Plugin => ({
  name: NAME,
  hints: {
    "pod/add": (pod, { now }) => isInvolved(pod, now) && isCounted(pod, now),
    "pod/delete": (pod, { old }) => isInvolved(pod, old) && isCounted(pod, old),
    "pod/labels": (pod, { old, now }) =>
      isInvolved(pod, now) &&
      ownConstraints(pod, "DoNotSchedule").some(({ selects }) => (old && selects(old)) !== (now && selects(now))),
    "pod/tolerations": (pod, { now }) =>
      pod.metadata.uid === now?.metadata.uid &&
      ownConstraints(pod, "DoNotSchedule").some(({ honorTaints }) => honorTaints),
    "node/add": (pod, { now }) => belongs(pod, now),
    "node/delete": (pod, { old }) => belongs(pod, old),
    "node/labels": (pod, { old, now }) =>
      belongs(pod, now) !== belongs(pod, old) ||
      (belongs(pod, now) &&
        ownConstraints(pod, "DoNotSchedule").some(
          ({ key }) => old?.metadata.labels?.[key] !== now?.metadata.labels?.[key],
        )),
    "node/taints": (pod, { now }) =>
      belongs(pod, now) && ownConstraints(pod, "DoNotSchedule").some(({ honorTaints }) => honorTaints),
  },
  preFilter(cycle) {
    const { pod, nodes, state } = cycle;
    const constraints = constraintsOf(cycle, args, "DoNotSchedule");
    if (!constraints.length) return "skip";
    const counts = constraints.map(() => new Map<string, number>());
    const byNode = constraints.map((constraint) => podsByNode(cycle, constraint));
    for (const node of nodes.values()) {
      if (!hasAll(node, constraints)) continue;
      for (let i = 0; i < constraints.length; i++) {
        const constraint = constraints[i] as Constraint;
        if (!isIncluded(pod, node, constraint)) continue;
        const value = node.node.metadata.labels?.[constraint.key] ?? "";
        counts[i]?.set(value, (counts[i]?.get(value) ?? 0) + (byNode[i]?.get(node.name) ?? 0));
      }
    }
    const prepared = constraints.map((constraint, i) => domains(constraint, counts[i] ?? new Map()));
    state.set(NAME, prepared satisfies Domains[]);
    return undefined;
  },
  filter({ state }, { node }) {
    for (const { constraint, counts, least } of state.get(NAME) as Domains[]) {
      const value = node.metadata.labels?.[constraint.key];
      if (value === undefined) return refuse(NAME, [`${NOT_MATCHED} (missing required label)`], true);
      const skew = (counts.get(value) ?? 0) + (constraint.matchesSelf ? 1 : 0) - least;
      if (skew > constraint.maxSkew) return refuse(NAME, [NOT_MATCHED]);
    }
    return undefined;
  },
  withPods({ state, pod, listers }, infos, node, by) {
    const old = state.get(NAME) as Domains[] | undefined;
    if (!old) return;
    const labels = (name: string) => listers.namespace(name)?.metadata.labels ?? {};
    const changed = old.map((one) => {
      const { constraint, counts } = one;
      const value = node.node.metadata.labels?.[constraint.key];
      const involved = infos.filter((info) => constraint.counted?.matches(info.pod, labels)).length;
      if (value === undefined || !involved || !isIncluded(pod, node, constraint)) return one;
      return domains(constraint, new Map(counts).set(value, (counts.get(value) ?? 0) + by * involved));
    });
    state.set(NAME, changed);
  },
  preScore(cycle, feasible) {
    const { pod, nodes, state } = cycle;
    // The system's own defaults are for nodes without zones too.
    const ownOnes = Boolean(pod.spec.topologySpreadConstraints?.length) || args.defaultingType === "List";
    const constraints = constraintsOf(cycle, args, "ScheduleAnyway");
    if (!constraints.length) return "skip";
    const ignored = new Set(feasible.filter((node) => ownOnes && !hasAll(node, constraints)));
    const byNode = constraints.map((constraint) => podsByNode(cycle, constraint));
    const counts = constraints.map(({ key }) => {
      const values = new Map<string, number>();
      // Nodes are domains of their own: their Pods are looked up when they are scored.
      if (key === HOSTNAME) return values;
      for (const node of feasible) if (!ignored.has(node)) values.set(node.node.metadata.labels?.[key] ?? "", 0);
      return values;
    });
    for (const [i, constraint] of constraints.entries()) {
      const values = counts[i];
      if (!values?.size) continue;
      for (const [name, count] of byNode[i] ?? []) {
        const node = nodes.get(name);
        if (!node || (ownOnes && !hasAll(node, constraints)) || !isIncluded(pod, node, constraint)) continue;
        const value = node.node.metadata.labels?.[constraint.key] ?? "";
        const known = values.get(value);
        if (known !== undefined) values.set(value, known + count);
      }
    }
    const weights = constraints.map(({ key }, i) =>
      Math.log((key === HOSTNAME ? feasible.length - ignored.size : (counts[i]?.size ?? 0)) + 2),
    );
    state.set(`${NAME}/score`, { constraints, counts, byNode, weights, ignored } satisfies ScoreState);
    return undefined;
  },
  score({ state }, { name, node }) {
    const { constraints, counts, byNode, weights } = state.get(`${NAME}/score`) as ScoreState;
    let score = 0;
    for (let i = 0; i < constraints.length; i++) {
      const { key, maxSkew } = constraints[i] as Constraint;
      const value = node.metadata.labels?.[key];
      if (value === undefined) continue;
      const count = key === HOSTNAME ? byNode[i]?.get(name) : counts[i]?.get(value);
      score += (count ?? 0) * (weights[i] ?? 1) + (maxSkew - 1);
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
});

import type { Pod } from "../openapi/api/core.v1.ts";
import type { Cycle, Listers, Plugin, Status } from "./framework.ts";
import { type NodeInfo, podInfo } from "./node-info.ts";
import type { PodIndex } from "./pod-index.ts";

/** Below this many nodes all are looked at; above, a share of them is enough. (schedule_one.go) */
const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many fitting nodes end the search. @param percentage 0 = adaptive. */
export function nodesToFind(all: number, percentage: number): number {
  if (all < MIN_FEASIBLE) return all;
  const share = percentage || Math.max(50 - Math.floor(all / 125), MIN_PERCENTAGE);
  return Math.max(Math.floor((all * share) / 100), MIN_FEASIBLE);
}

/** Why no node fits. */
export interface Diagnosis {
  readonly nodes: number;
  /** Set when the cycle ended before any node was looked at. */
  readonly preFilter?: Status;
  readonly refused: ReadonlyMap<NodeInfo, Status>;
  /** Nodes that were not even looked at, because the Pod names others. */
  readonly notAsked: { readonly count: number; readonly reason: string };
  /** Plugins that said no: their events wake the Pod up. */
  readonly plugins: ReadonlySet<string>;
}

export type Outcome =
  | { readonly node: NodeInfo; readonly cycle: Cycle /** Nodes that were looked at. */; readonly looked: number }
  | { readonly diagnosis: Diagnosis; readonly cycle: Cycle };

export interface ScheduleInput {
  readonly pod: Pod;
  readonly nodes: ReadonlyMap<string, NodeInfo>;
  /** The same in the order in which they are looked at. */
  readonly order: readonly NodeInfo[];
  readonly index: PodIndex;
  readonly imageNodes: ReadonlyMap<string, number>;
  readonly listers: Listers;
  readonly plugins: readonly Plugin[];
  /** Where the search starts in the list of nodes, so that all get their share. */
  readonly startAt: number;
  readonly percentageOfNodesToScore: number;
  /** 0…1, breaks ties. */
  readonly random: () => number;
  /** Pods of equal or higher priority that preemption has promised a node, by node name. */
  readonly nominated: (node: string) => readonly Pod[];
}

/** The plugins whose filter matters for this Pod, after preFilter; or the status that ends the cycle. */
export function prepare(cycle: Cycle, plugins: readonly Plugin[]): { filters: Plugin[]; only?: Set<string> } | Status {
  const filters: Plugin[] = [];
  let only: Set<string> | undefined;
  let resolvable: Status | undefined;
  for (const plugin of plugins) {
    const prepared = plugin.preFilter?.(cycle);
    if (prepared === "skip") continue;
    if (prepared?.unresolvable) return prepared;
    // Preemption may help, and will want what the other plugins prepare.
    if (prepared) {
      resolvable = prepared;
      continue;
    }
    const names = plugin.candidates?.(cycle);
    if (names) only = new Set([...names].filter((name) => !only || only.has(name)));
    if (plugin.filter) filters.push(plugin);
  }
  if (resolvable) return resolvable;
  return only ? { filters, only } : { filters };
}

/** The first plugin's refusal of a node, if any. */
export function refusal(cycle: Cycle, filters: readonly Plugin[], node: NodeInfo): Status | undefined {
  for (const plugin of filters) {
    const status = plugin.filter?.(cycle, node);
    if (status) return status;
  }
  return undefined;
}

/** Finds the best node for a Pod: filter, then score. Pure but for `random`. Follows pkg/scheduler/schedule_one.go. */
export function schedule(input: ScheduleInput): Outcome {
  const { pod, nodes, order, index, imageNodes, listers, plugins } = input;
  const cycle: Cycle = { pod, info: podInfo(pod), nodes, index, imageNodes, listers, state: new Map() };
  const prepared = prepare(cycle, plugins);
  if ("reasons" in prepared) {
    const diagnosis: Diagnosis = {
      nodes: nodes.size,
      preFilter: prepared,
      refused: new Map(),
      notAsked: { count: 0, reason: "" },
      plugins: new Set([prepared.plugin]),
    };
    return { diagnosis, cycle };
  }
  const { filters, only } = prepared;
  const asked = only ? order.filter((node) => only.has(node.name)) : order;
  const enough = nodesToFind(asked.length, input.percentageOfNodesToScore);
  const feasible: NodeInfo[] = [];
  const refused = new Map<NodeInfo, Status>();
  for (let i = 0; i < asked.length && feasible.length < enough; i++) {
    const node = asked[(input.startAt + i) % asked.length] as NodeInfo;
    const status = refusalWithNominated(cycle, filters, node, input) ?? refusal(cycle, filters, node);
    if (status) refused.set(node, status);
    else feasible.push(node);
  }
  if (!feasible.length) {
    const diagnosis: Diagnosis = {
      nodes: nodes.size,
      refused,
      notAsked: {
        count: nodes.size - asked.length,
        reason: "node(s) didn't satisfy plugin(s) [NodeAffinity]",
      },
      plugins: new Set([...(only ? ["NodeAffinity"] : []), ...[...refused.values()].map(({ plugin }) => plugin)]),
    };
    return { diagnosis, cycle };
  }
  return { node: best(cycle, plugins, feasible, input.random), cycle, looked: feasible.length + refused.size };
}

/** The refusal of a node as it would be if the Pods promised to it were there. */
function refusalWithNominated(
  cycle: Cycle,
  filters: readonly Plugin[],
  node: NodeInfo,
  { nominated, pod }: ScheduleInput,
): Status | undefined {
  const promised = nominated(node.name).filter(
    (other) => other.metadata.uid !== pod.metadata.uid && (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0),
  );
  if (!promised.length) return undefined;
  const crowded = node.clone();
  const own: Cycle = { ...cycle, state: new Map(cycle.state) };
  const infos = promised.map((other) => crowded.addPod(other));
  for (const plugin of filters) plugin.withPods?.(own, infos, node, 1);
  return refusal(own, filters, crowded);
}

function best(cycle: Cycle, plugins: readonly Plugin[], feasible: readonly NodeInfo[], random: () => number): NodeInfo {
  if (feasible.length === 1) return feasible[0] as NodeInfo;
  const totals = new Array<number>(feasible.length).fill(0);
  for (const plugin of plugins) {
    if (!plugin.score || !plugin.weight || plugin.preScore?.(cycle, feasible) === "skip") continue;
    const scores = feasible.map((node) => plugin.score?.(cycle, node) ?? 0);
    plugin.normalize?.(cycle, scores, feasible);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (scores[i] ?? 0) * plugin.weight;
  }
  // Among the best each has the same chance (reservoir sampling).
  let winner = 0;
  let ties = 1;
  for (let i = 1; i < totals.length; i++) {
    if ((totals[i] ?? 0) > (totals[winner] ?? 0)) {
      winner = i;
      ties = 1;
    } else if (totals[i] === totals[winner] && random() * ++ties < 1) {
      winner = i;
    }
  }
  return feasible[winner] as NodeInfo;
}

/** `3 Insufficient cpu`, sorted, as upstream's FitError counts them. */
function histogram(statuses: Iterable<Status>, more?: { count: number; reason: string }): string {
  const counts = new Map<string, number>();
  for (const { reasons } of statuses) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (more?.count) counts.set(more.reason, (counts.get(more.reason) ?? 0) + more.count);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}

/** The text of FailedScheduling. (framework/types.go FitError) @param postFilter what preemption said. */
export function fitError({ nodes, preFilter, refused, notAsked }: Diagnosis, postFilter = ""): string {
  const head = `0/${nodes} nodes are available:`;
  const why = preFilter?.reasons.join(", ") ?? histogram(refused.values(), notAsked);
  return `${head}${why ? ` ${why}.` : ""}${postFilter ? ` ${postFilter}` : ""}`;
}

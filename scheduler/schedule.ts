import type { Pod } from "../openapi/api/core.v1.ts";
import type { Cycle, Diagnosis, Listers, Plugin, PostFilterResult, Status } from "./framework.ts";
import { type NodeInfo, podInfo } from "./node-info.ts";
import type { PodIndex } from "./pod-index.ts";
import type { Profile } from "./profile.ts";

/** Below this many nodes all are looked at; above, a share of them is enough. (schedule_one.go) */
const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many fitting nodes end the search. @param percentage 0 = adaptive. */
export function nodesToFind(all: number, percentage: number): number {
  if (all < MIN_FEASIBLE) return all;
  const share = percentage || Math.max(50 - Math.floor(all / 125), MIN_PERCENTAGE);
  return Math.max(Math.floor((all * share) / 100), MIN_FEASIBLE);
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
  readonly profile: Profile;
  /** Where the search starts in the list of nodes, so that all get their share. */
  readonly startAt: number;
  readonly percentageOfNodesToScore: number;
  /** 0…1, breaks ties. */
  readonly random: () => number;
  /** Pods of equal or higher priority that preemption has promised a node, by node name. */
  readonly nominated: (node: string) => readonly Pod[];
  /** Whatever node it was promised, all are looked at. */
  readonly ignoresNomination?: boolean;
}

interface Prepared {
  /** Names of the only nodes worth a look, and the plugins that say so; absent: all are. */
  readonly only?: ReadonlySet<string>;
  readonly onlyBy: readonly string[];
  /** What ends the cycle. */
  readonly refusal?: Status;
}

/** Runs preFilter and collects in `cycle.filters` who wants to see nodes. (RunPreFilterPlugins) */
function prepare(cycle: Cycle, { plugins }: Profile): Prepared {
  let only: Set<string> | undefined;
  const onlyBy: string[] = [];
  let resolvable: Status | undefined;
  const skipped = new Set<Plugin>();
  for (const plugin of plugins.preFilter) {
    const prepared = plugin.preFilter?.(cycle);
    if (prepared === "skip") {
      skipped.add(plugin);
      continue;
    }
    if (prepared?.unresolvable) return { onlyBy, refusal: prepared };
    // Preemption may help, and will want what the other plugins prepare.
    resolvable = prepared ?? resolvable;
    const names = prepared ? undefined : plugin.candidates?.(cycle);
    if (names) {
      only = new Set([...names].filter((name) => !only || only.has(name)));
      onlyBy.push(plugin.name);
      onlyBy.sort();
      if (!only.size) return { onlyBy, refusal: conflict(onlyBy) };
    }
  }
  for (const plugin of plugins.filter) if (!skipped.has(plugin)) cycle.filters.push(plugin);
  return { onlyBy, ...(only && { only }), ...(resolvable && { refusal: resolvable }) };
}

function conflict(plugins: readonly string[]): Status {
  const reason =
    plugins.length === 1
      ? `node(s) didn't satisfy plugin ${plugins[0]}`
      : `node(s) didn't satisfy plugin(s) [${plugins.join(" ")}] simultaneously`;
  return { plugin: "", reasons: [reason], unresolvable: true };
}

/** The first plugin's refusal of a node, if any. */
function refusal(cycle: Cycle, node: NodeInfo): Status | undefined {
  for (const plugin of cycle.filters) {
    const status = plugin.filter?.(cycle, node);
    if (status) return status;
  }
  return undefined;
}

/**
 * The refusal of a node, both as it is and as it would be with the Pods of no less priority that it is promised to:
 * whoever is promised it may come, or may not. (RunFilterPluginsWithNominatedPods)
 */
export function refusalWithNominated(cycle: Cycle, node: NodeInfo): Status | undefined {
  const { pod, nominated, filters } = cycle;
  const promised = nominated(node.name);
  const senior = promised.length
    ? promised.filter(
        (other) => other.metadata.uid !== pod.metadata.uid && (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0),
      )
    : promised;
  if (senior.length) {
    const crowded = node.clone();
    const own: Cycle = { ...cycle, state: new Map(cycle.state) };
    const infos = senior.map((other) => crowded.addPod(other));
    for (const plugin of filters) plugin.withPods?.(own, infos, node, 1);
    const status = refusal(own, crowded);
    if (status) return status;
  }
  return refusal(cycle, node);
}

/** The nodes that fit a Pod. */
export interface Found {
  readonly cycle: Cycle;
  readonly feasible: readonly NodeInfo[];
  readonly refused: Map<NodeInfo, Status>;
  /** Nodes that were looked at. */
  readonly looked: number;
  /** Only the node was looked at that the Pod had been promised. */
  readonly isNominated: boolean;
  readonly notAsked: Diagnosis["notAsked"];
  readonly onlyBy: readonly string[];
}

/** Asks the plugins which nodes fit. (findNodesThatFitPod) @returns a diagnosis when none can, without a look at any */
export function findNodes(input: ScheduleInput): Found | { readonly cycle: Cycle; readonly diagnosis: Diagnosis } {
  const { profile, order, startAt, percentageOfNodesToScore, ignoresNomination, ...rest } = input;
  const cycle: Cycle = { ...rest, info: podInfo(input.pod), state: new Map(), filters: [] };
  const { only, onlyBy, refusal } = prepare(cycle, profile);
  const nothing = { count: 0, reason: "" };
  const nodes = order.length;
  if (refusal) {
    const by = refusal.plugin ? [refusal.plugin] : onlyBy;
    const refused = new Map();
    return { cycle, diagnosis: { nodes, preFilter: refusal, refused, notAsked: nothing, plugins: new Set(by) } };
  }
  const refused = new Map<NodeInfo, Status>();
  // Victims were evicted for it there: most likely the one node that fits.
  const promised = ignoresNomination ? undefined : cycle.nodes.get(input.pod.status?.nominatedNodeName ?? "");
  if (promised && !refusalWithNominated(cycle, promised))
    return { cycle, feasible: [promised], refused, looked: 0, isNominated: true, notAsked: nothing, onlyBy };
  const asked = only ? order.filter((node) => only.has(node.name)) : order;
  const enough = nodesToFind(asked.length, percentageOfNodesToScore);
  const feasible: NodeInfo[] = [];
  for (let i = 0; i < asked.length && feasible.length < enough; i++) {
    const node = asked[(startAt + i) % asked.length] as NodeInfo;
    const status = refusalWithNominated(cycle, node);
    if (status) refused.set(node, status);
    else feasible.push(node);
  }
  const notAsked = {
    count: nodes - asked.length,
    reason: `node(s) didn't satisfy plugin(s) [${onlyBy.join(" ")}]`,
  };
  return { cycle, feasible, refused, looked: feasible.length + refused.size, isNominated: false, notAsked, onlyBy };
}

/** Why none of the nodes fits that were looked at. */
export function diagnose({ cycle, refused, notAsked, onlyBy }: Found): Diagnosis {
  const plugins = new Set([...onlyBy, ...[...refused.values()].map(({ plugin }) => plugin)]);
  return { nodes: cycle.nodes.size, refused, notAsked, plugins };
}

/** Finds the best node for a Pod: filter, then score. Pure but for `random`. Follows pkg/scheduler/schedule_one.go. */
export function schedule(input: ScheduleInput): Outcome {
  const found = findNodes(input);
  if ("diagnosis" in found) return found;
  const { cycle, feasible, looked } = found;
  if (!feasible.length) return { cycle, diagnosis: diagnose(found) };
  return { node: best(cycle, input.profile, feasible, input.random), cycle, looked };
}

/** Asks the plugins for a way to place a Pod that fits nowhere. (RunPostFilterPlugins) */
export function postFilter(cycle: Cycle, { plugins }: Profile, diagnosis: Diagnosis): PostFilterResult {
  const messages: string[] = [];
  let nominatedNodeName: string | undefined;
  let act: PostFilterResult["act"];
  for (const plugin of plugins.postFilter) {
    const result = plugin.postFilter?.(cycle, diagnosis);
    if (!result) continue;
    if (result.candidate || result.isFinal) return result;
    messages.push(result.message);
    act ??= result.act;
    nominatedNodeName = result.nominatedNodeName ?? nominatedNodeName;
  }
  return {
    message: messages.join(", "),
    ...(nominatedNodeName !== undefined && { nominatedNodeName }),
    ...(act && { act }),
  };
}

/** The node with the highest score. @param extra what nodes gain besides, by name */
export function best(
  cycle: Cycle,
  { plugins, weights }: Profile,
  feasible: readonly NodeInfo[],
  random: () => number,
  extra?: ReadonlyMap<string, number>,
): NodeInfo {
  if (feasible.length === 1) return feasible[0] as NodeInfo;
  const totals = new Array<number>(feasible.length).fill(0);
  const skipped = new Set(plugins.preScore.filter((plugin) => plugin.preScore?.(cycle, feasible) === "skip"));
  for (const plugin of plugins.score) {
    if (skipped.has(plugin)) continue;
    const weight = weights.get(plugin.name) ?? 1;
    const scores = feasible.map((node) => plugin.score?.(cycle, node) ?? 0);
    plugin.normalize?.(cycle, scores, feasible);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (scores[i] ?? 0) * weight;
  }
  if (extra) for (const [i, { name }] of feasible.entries()) totals[i] = (totals[i] ?? 0) + (extra.get(name) ?? 0);
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

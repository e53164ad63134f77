import { isEmptySelector } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { PodDisruptionBudget } from "../openapi/api/policy.v1.ts";
import type { Candidate, Cycle, Diagnosis, PostFilterResult, Status } from "./framework.ts";
import type { NodeInfo, PodInfo } from "./node-info.ts";
import { fitError, refusalWithNominated } from "./schedule.ts";
import { selectorMatches } from "./selectors.ts";

const priority = ({ spec }: Pod) => spec.priority ?? 0;
const startedAt = ({ status, metadata }: Pod) => Date.parse(status?.startTime ?? metadata.creationTimestamp ?? "") || 0;

/** Higher priority first, then the one that started earlier. (util.MoreImportantPod) */
const byImportance = (a: Pod, b: Pod) => priority(b) - priority(a) || startedAt(a) - startedAt(b);

const isBeingPreempted = ({ metadata, status }: Pod) =>
  metadata.deletionTimestamp !== undefined &&
  status?.conditions?.some(
    (condition) =>
      condition.type === "DisruptionTarget" &&
      condition.status === "True" &&
      condition.reason === "PreemptionByScheduler",
  );

/** @returns why this Pod may not preempt, or undefined. */
function ineligible(pod: Pod, nodes: ReadonlyMap<string, NodeInfo>, diagnosis: Diagnosis): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const nominated = nodes.get(pod.status?.nominatedNodeName ?? "");
  if (!nominated || (diagnosis.refused.get(nominated)?.unresolvable ?? diagnosis.preFilter?.unresolvable ?? true))
    return undefined;
  for (const { pod: other } of nominated.pods.values()) {
    // Its victims are still on their way out: patience.
    if (priority(other) < priority(pod) && isBeingPreempted(other))
      return "not eligible due to a terminating pod on the nominated node.";
  }
  return undefined;
}

/** Splits Pods into those whose eviction would break a budget, and the rest; budgets count down as they are used. */
function splitByBudget(infos: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): [PodInfo[], PodInfo[]] {
  const allowed = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const violating: PodInfo[] = [];
  const rest: PodInfo[] = [];
  for (const info of infos) {
    let violates = false;
    for (const [i, { metadata, spec, status }] of budgets.entries()) {
      if (metadata.namespace !== info.pod.metadata.namespace || !info.pod.metadata.labels) continue;
      if (isEmptySelector(spec?.selector) || !selectorMatches(spec?.selector, info.pod.metadata.labels)) continue;
      if (status?.disruptedPods?.[info.pod.metadata.name ?? ""] !== undefined) continue;
      allowed[i] = (allowed[i] ?? 0) - 1;
      if ((allowed[i] ?? 0) < 0) violates = true;
    }
    (violates ? violating : rest).push(info);
  }
  return [violating, rest];
}

/** The fewest, least important victims on one node, or why there are none. (SelectVictimsOnNode) */
function victimsOn(cycle: Cycle, node: NodeInfo): Candidate | Status {
  const potential = [...node.pods.values()].filter(({ pod }) => priority(pod) < priority(cycle.pod));
  if (!potential.length) {
    return {
      plugin: "DefaultPreemption",
      unresolvable: true,
      reasons: ["No preemption victims found for incoming pod"],
    };
  }
  const trial = node.clone();
  const check = (without: readonly PodInfo[]): Status | undefined => {
    const own: Cycle = { ...cycle, state: new Map(cycle.state) };
    for (const plugin of cycle.filters) plugin.withPods?.(own, without, node, -1);
    return refusalWithNominated(own, trial);
  };
  for (const { pod } of potential) trial.removePod(pod.metadata.uid ?? "");
  const hopeless = check(potential);
  if (hopeless) return hopeless;
  const sorted = potential.sort((a, b) => byImportance(a.pod, b.pod));
  const budgets = cycle.listers.disruptionBudgets();
  const [violating, rest] = splitByBudget(sorted, budgets);
  const removed = new Set(potential);
  let budgetViolations = 0;
  // Whoever can stay stays, those that a budget protects and the important ones first.
  const reprieve = (info: PodInfo): boolean => {
    trial.addPod(info.pod);
    removed.delete(info);
    if (!check([...removed])) return true;
    trial.removePod(info.pod.metadata.uid ?? "");
    removed.add(info);
    return false;
  };
  for (const info of violating) if (!reprieve(info)) budgetViolations++;
  for (const info of rest) reprieve(info);
  const victims = [...removed].map(({ pod }) => pod).sort(byImportance);
  return { node, victims, budgetViolations };
}

/** Fewest broken budgets, then the lowest top priority, lowest sum, fewest victims, latest start. (pickOneNodeForPreemption) */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  const keys = (c: Candidate) => [
    c.budgetViolations,
    c.victims.length ? priority(c.victims[0] as Pod) : Number.NEGATIVE_INFINITY,
    c.victims.reduce((sum, pod) => sum + priority(pod) + 2 ** 31, 0),
    c.victims.length,
    -Math.min(...c.victims.filter((pod) => priority(pod) === priority(c.victims[0] as Pod)).map(startedAt)),
  ];
  return [...candidates].sort((a, b) => {
    const [ka, kb] = [keys(a), keys(b)];
    for (let i = 0; i < ka.length; i++) if (ka[i] !== kb[i]) return (ka[i] ?? 0) - (kb[i] ?? 0);
    return 0;
  })[0];
}

/** How many nodes are worth a trial: a share of them, at least so many. (DefaultPreemptionArgs) */
export interface PreemptionLimits {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/**
 * Looks for a node that a Pod would fit on without some less important ones. Pure: evicting is the caller's.
 * (framework/plugins/defaultpreemption)
 */
export function preempt(cycle: Cycle, diagnosis: Diagnosis, limits: PreemptionLimits): PostFilterResult {
  const { pod, nodes } = cycle;
  const no = ineligible(pod, nodes, diagnosis);
  if (no) return { message: no };
  // When the Pod was refused before any node was looked at, all nodes were refused alike.
  const hopeful =
    diagnosis.preFilter && !diagnosis.preFilter.unresolvable
      ? [...nodes.values()]
      : [...diagnosis.refused].filter(([, status]) => !status.unresolvable).map(([node]) => node);
  const share = Math.floor((hopeful.length * limits.minCandidateNodesPercentage) / 100);
  const enough = Math.min(Math.max(share, limits.minCandidateNodesAbsolute), hopeful.length);
  const offset = Math.floor(cycle.random() * hopeful.length);
  const refused = new Map<NodeInfo, Status>();
  const candidates: Candidate[] = [];
  for (let i = 0; i < hopeful.length; i++) {
    const node = hopeful[(offset + i) % hopeful.length] as NodeInfo;
    const found = victimsOn(cycle, node);
    if ("victims" in found) candidates.push(found);
    else refused.set(node, found);
    if (candidates.length >= enough && candidates.some(({ budgetViolations }) => budgetViolations === 0)) break;
  }
  const candidate = pickCandidate(candidates);
  if (candidate) return { message: "", candidate, candidates, nominatedNodeName: candidate.node.name };
  const notAsked = { count: nodes.size - hopeful.length, reason: "Preemption is not helpful for scheduling" };
  return { message: fitError({ nodes: nodes.size, refused, notAsked, plugins: new Set() }), nominatedNodeName: "" };
}

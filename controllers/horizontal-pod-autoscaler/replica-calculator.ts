import type { Pod } from "../../openapi/api/core.v1.ts";
import { podCondition } from "../pods.ts";
import { requestsOf } from "./pod-requests.ts";

const MAX_INT32 = 2 ** 31 - 1;
/** Go's largest int64, at which sums of metrics stop. A double is a little above it, which nobody sees. */
export const MAX_INT64 = Number(2n ** 63n - 1n);

/** A Pod's metric; `value` in thousandths, times in milliseconds. */
export interface PodMetric {
  value: number;
  timestamp: number;
  windowMs: number;
}

/** By name of Pod. */
export type PodMetrics = ReadonlyMap<string, PodMetric>;

/** By how much, as a part of one, usage may be off before anything is done. */
export interface Tolerances {
  scaleUp: number;
  scaleDown: number;
}

/** What a calculation looks at besides the metric. */
export interface Circumstances {
  /** Of the target's spec; for averages over Pods of its status. */
  replicas: number;
  pods: readonly Readonly<Pod>[];
  tolerances: Tolerances;
  now: Date;
}

/** How many replicas a metric asks for, and the usage to report: thousandths, a mean where it is one. */
export interface Proposal {
  replicas: number;
  usage: number;
}

/** Why CPU may say nothing of a Pod. */
export interface Delays {
  /** Since a Pod's start: so long its CPU is not believed until it is ready. */
  cpuInitializationMs: number;
  /** Not ready since so soon after its start, it has never been. */
  initialReadinessMs: number;
}

const isWithin = ({ scaleDown, scaleUp }: Tolerances, ratio: number): boolean =>
  1 - scaleDown <= ratio && ratio <= 1 + scaleUp;

/**
 * Replicas for a wanted utilization in percent of requests. (GetResourceReplicas)
 * @throws Error in upstream's words when there is nothing to reckon with
 */
export function replicasForUtilization(
  metrics: PodMetrics,
  target: { resource: string; container: string; percent: number },
  circumstances: Circumstances,
  delays: Delays,
): Proposal & { percent: number } {
  let requests: ReadonlyMap<string, number> | undefined;
  const ratioOf = (sample: PodMetrics) => {
    requests ??= requestsOf(circumstances.pods, target.resource, target.container);
    const known = [...sample].filter(([name]) => requests?.has(name));
    const asked = known.reduce((sum, [name]) => sum + (requests?.get(name) ?? 0), 0);
    if (!asked) throw new Error("no metrics returned matched known pods");
    const used = known.reduce((sum, [, { value }]) => sum + value, 0);
    const percent = Math.trunc((used * 100) / asked);
    return { ratio: percent / target.percent, percent, usage: Math.trunc(used / known.length) };
  };
  const fallback = (name: string) => Math.trunc(((requests?.get(name) ?? 0) * Math.max(100, target.percent)) / 100);
  return propose(metrics, target.resource, ratioOf, fallback, circumstances, delays);
}

/** Replicas for a wanted mean over Pods. `resource` is "" for custom metrics. (calcPlainMetricReplicas) */
export function replicasForMean(
  metrics: PodMetrics,
  target: { resource: string; usage: number },
  circumstances: Circumstances,
  delays: Delays,
): Proposal {
  const ratioOf = (sample: PodMetrics) => {
    const usage = Math.trunc([...sample.values()].reduce((sum, { value }) => sum + value, 0) / sample.size);
    return { ratio: usage / target.usage, usage };
  };
  return propose(metrics, target.resource, ratioOf, () => target.usage, circumstances, delays);
}

/** Pods without a metric, and Pods that are not ready, never make the step larger or turn it round. */
function propose<U extends { ratio: number; usage: number }>(
  metrics: PodMetrics,
  resource: string,
  ratioOf: (sample: PodMetrics) => U,
  valueOfMissing: (name: string) => number,
  { replicas, pods, tolerances, now }: Circumstances,
  delays: Delays,
): Omit<U, "ratio"> & Proposal {
  if (!pods.length) throw new Error("no pods returned by selector while calculating replica count");
  const { ready, unready, missing, ignored } = groupPods(pods, metrics, resource, now, delays);
  const sample = new Map([...metrics].filter(([name]) => !ignored.has(name) && !unready.has(name)));
  if (!sample.size) throw new Error("did not receive metrics for targeted pods (pods might be unready)");
  const { ratio, ...usage } = ratioOf(sample);
  const stay = { ...usage, replicas };
  const isUpWithUnready = unready.size > 0 && ratio > 1;
  if (!isUpWithUnready && !missing.size)
    return isWithin(tolerances, ratio) ? stay : { ...usage, replicas: Math.ceil(ratio * ready) };

  const assume = (names: Iterable<string>, value: (name: string) => number) => {
    for (const name of names) sample.set(name, { value: value(name), timestamp: 0, windowMs: 0 });
  };
  if (ratio < 1) assume(missing, valueOfMissing);
  if (ratio > 1) assume(missing, () => 0);
  if (isUpWithUnready) assume(unready, () => 0);
  const careful = ratioOf(sample).ratio;
  if (isWithin(tolerances, careful) || (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1)) return stay;
  const wanted = Math.ceil(careful * sample.size);
  if ((careful < 1 && wanted > replicas) || (careful > 1 && wanted < replicas)) return stay;
  return { ...usage, replicas: wanted };
}

/** Which Pods count, by name. (groupPods) */
export function groupPods(
  pods: readonly Readonly<Pod>[],
  metrics: PodMetrics,
  resource: string,
  now: Date,
  { cpuInitializationMs, initialReadinessMs }: Delays,
): { ready: number; unready: Set<string>; missing: Set<string>; ignored: Set<string> } {
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  let ready = 0;
  /** CPU says nothing of a Pod that only starts. */
  const isStarting = (pod: Readonly<Pod>, { timestamp, windowMs }: PodMetric): boolean => {
    const condition = podCondition(pod, "Ready");
    const { startTime } = pod.status;
    if (!condition || !startTime) return true;
    const started = Date.parse(startTime);
    const since = condition.lastTransitionTime ? Date.parse(condition.lastTransitionTime) : Number.NEGATIVE_INFINITY;
    const isUnready = condition.status === "False";
    return started + cpuInitializationMs > now.getTime()
      ? isUnready || timestamp < since + windowMs
      : isUnready && started + initialReadinessMs > since;
  };
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const metric = metrics.get(name);
    if (pod.metadata.deletionTimestamp || pod.status.phase === "Failed") ignored.add(name);
    else if (pod.status.phase === "Pending") unready.add(name);
    else if (!metric) missing.add(name);
    else if (resource === "cpu" && isStarting(pod, metric)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** Replicas for one value that all Pods share. Nothing running: as many as the value is of the target. (GetObjectMetricReplicas, GetExternalMetricReplicas) */
export function replicasForValue(usage: number, target: number, circumstances: Circumstances): Proposal {
  const { replicas, pods, tolerances } = circumstances;
  const ratio = usage / target;
  if (replicas === 0) return { replicas: Math.ceil(ratio), usage };
  if (isWithin(tolerances, ratio)) return { replicas, usage };
  if (!pods.length)
    throw new Error("unable to calculate ready pods: no pods returned by selector while calculating replica count");
  const ready = pods.filter(
    (pod) => pod.status.phase === "Running" && podCondition(pod, "Ready")?.status === "True",
  ).length;
  return { replicas: Math.min(MAX_INT32, Math.ceil(ratio * ready)), usage };
}

/** Replicas for one value that is to be shared out. (GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas) */
export function replicasForShare(
  usage: number,
  target: number,
  { replicas, tolerances }: Pick<Circumstances, "replicas" | "tolerances">,
): Proposal {
  const isEnough = isWithin(tolerances, usage / (target * replicas));
  return {
    replicas: isEnough ? replicas : Math.min(MAX_INT32, Math.ceil(usage / target)),
    // With no Pods there is no share: Go's conversion of infinity ends at the limit as well.
    usage: usage >= MAX_INT64 || !replicas ? (usage ? MAX_INT64 : 0) : Math.ceil(usage / replicas),
  };
}

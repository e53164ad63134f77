import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from "../../openapi/api/autoscaling.v2.ts";

/** What was recommended at a time, in milliseconds. */
export interface Recommendation {
  replicas: number;
  at: number;
}

/** By how many replicas, never negative, the target was changed at a time, in milliseconds. */
export interface ScaleEvent {
  change: number;
  at: number;
}

/** What is remembered of one autoscaler. It begins anew with the process, as upstream's does. */
export interface Memory {
  recommendations: Recommendation[];
  ups: ScaleEvent[];
  downs: ScaleEvent[];
}

/** Why a number is what it is: reason and message of a condition. */
export interface Explanation {
  reason: string;
  message: string;
}

type Limited = Explanation & { replicas: number };

interface Wish {
  current: number;
  desired: number;
  min: number;
  max: number;
  /** Scale down to the largest recommendation of so long, where no rule says how long. */
  downscaleStabilizationMs: number;
  now: Date;
}

/** What becomes of a recommendation. */
export interface Normalized {
  replicas: number;
  /** Of AbleToScale, which is true. */
  stabilized: Explanation;
  /** Of ScalingLimited. */
  limited: Explanation & { status: "True" | "False" };
}

const READY = { reason: "ReadyForNewScale", message: "recommended size matches current size" };
const WITHIN = { reason: "DesiredWithinRange", message: "the desired count is within the acceptable range" };
const UP_RATE = {
  reason: "ScaleUpLimit",
  message: "the desired replica count is increasing faster than the maximum scale rate",
};
const DOWN_RATE = {
  reason: "ScaleDownLimit",
  message: "the desired replica count is decreasing faster than the maximum scale rate",
};
const TOO_MANY = {
  reason: "TooManyReplicas",
  message: "the desired replica count is more than the maximum replica count",
};
const TOO_FEW = {
  reason: "TooFewReplicas",
  message: "the desired replica count is less than the minimum replica count",
};
const UP_STABILIZED = {
  reason: "ScaleUpStabilized",
  message: "recent recommendations were lower than current one, applying the lowest recent recommendation",
};
const DOWN_STABILIZED = {
  reason: "ScaleDownStabilized",
  message: "recent recommendations were higher than current one, applying the highest recent recommendation",
};

/**
 * Smooths and limits a recommendation, and remembers it. (normalizeDesiredReplicas,
 * normalizeDesiredReplicasWithBehaviors)
 */
export function normalize(
  behavior: HorizontalPodAutoscaler["spec"]["behavior"],
  memory: Memory,
  wish: Wish,
): Normalized {
  const rules = behavior && { up: behavior.scaleUp ?? {}, down: behavior.scaleDown ?? {} };
  const stable = rules
    ? stabilizeWithRules(memory, wish, rules.up, rules.down)
    : { ...DOWN_STABILIZED, replicas: stabilize(memory, wish) };
  const stableWish = { ...wish, desired: stable.replicas };
  const { replicas, reason, message } = rules
    ? limitByRules(stableWish, memory, rules.up, rules.down)
    : limit(stableWish);
  return {
    replicas,
    stabilized: stable.replicas === wish.desired ? READY : { reason: stable.reason, message: stable.message },
    limited: { status: replicas === stable.replicas ? "False" : "True", reason, message },
  };
}

/** One that is too old gives its place to the new one. */
function remember({ recommendations }: Memory, { desired, now }: Wish, isOld: (one: Recommendation) => boolean): void {
  const place = recommendations.findLastIndex(isOld);
  recommendations.splice(place < 0 ? recommendations.length : place, 1, { replicas: desired, at: now.getTime() });
}

/** (stabilizeRecommendation) */
function stabilize(memory: Memory, wish: Wish): number {
  const cutoff = wish.now.getTime() - wish.downscaleStabilizationMs;
  const recent = memory.recommendations.filter(({ at }) => at >= cutoff);
  const most = Math.max(wish.desired, ...recent.map(({ replicas }) => replicas));
  remember(memory, wish, ({ at }) => at < cutoff);
  return most;
}

/** (stabilizeRecommendationWithBehaviors) */
function stabilizeWithRules(memory: Memory, wish: Wish, up: HPAScalingRules, down: HPAScalingRules): Limited {
  const before = (seconds: number) => wish.now.getTime() - seconds * 1000;
  const upCutoff = before(up.stabilizationWindowSeconds ?? 0);
  const downCutoff = before(down.stabilizationWindowSeconds ?? Math.trunc(wish.downscaleStabilizationMs / 1000));
  const since = (cutoff: number) =>
    memory.recommendations.filter(({ at }) => at > cutoff).map(({ replicas }) => replicas);
  const least = Math.min(wish.desired, ...since(upCutoff));
  const most = Math.max(wish.desired, ...since(downCutoff));
  remember(memory, wish, ({ at }) => at < upCutoff && at < downCutoff);
  return {
    replicas: Math.min(Math.max(wish.current, least), most),
    ...(wish.desired >= wish.current ? UP_STABILIZED : DOWN_STABILIZED),
  };
}

/** Without rules: at most twice as many, or four, at once. (convertDesiredReplicasWithRules) */
export function limit({ current, desired, min, max }: Pick<Wish, "current" | "desired" | "min" | "max">): Limited {
  const rate = Math.max(2 * current, 4);
  if (desired < min) return { replicas: min, ...TOO_FEW };
  if (desired > Math.min(rate, max))
    return max > rate ? { replicas: rate, ...UP_RATE } : { replicas: max, ...TOO_MANY };
  return { replicas: desired, ...WITHIN };
}

/** (convertDesiredReplicasWithBehaviorRate) */
function limitByRules(wish: Wish, memory: Memory, up: HPAScalingRules, down: HPAScalingRules): Limited {
  const { current, desired, min, max, now } = wish;
  if (desired > current) {
    const rate = Math.max(current, scaleUpLimit(current, memory, up, now));
    if (desired > Math.min(max, rate))
      return max > rate ? { replicas: rate, ...UP_RATE } : { replicas: max, ...TOO_MANY };
  } else if (desired < current) {
    const rate = Math.min(current, scaleDownLimit(current, memory, down, now));
    if (desired < Math.max(min, rate))
      return min < rate ? { replicas: rate, ...DOWN_RATE } : { replicas: min, ...TOO_FEW };
  }
  return { replicas: desired, ...WITHIN };
}

type Events = Pick<Memory, "ups" | "downs">;

/** (calculateScaleUpLimitWithScalingRules) */
export function scaleUpLimit(current: number, events: Events, rules: HPAScalingRules, now: Date): number {
  if (rules.selectPolicy === "Disabled") return current;
  const proposals = (rules.policies ?? []).map((policy) => {
    const start = replicasAtStart(current, events, policy, now);
    return policy.type === "Pods" ? start + policy.value : Math.ceil(start * (1 + policy.value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.min(...proposals) : Math.max(...proposals);
}

/** (calculateScaleDownLimitWithBehaviors) */
export function scaleDownLimit(current: number, events: Events, rules: HPAScalingRules, now: Date): number {
  if (rules.selectPolicy === "Disabled") return current;
  const proposals = (rules.policies ?? []).map((policy) => {
    const start = replicasAtStart(current, events, policy, now);
    return policy.type === "Pods" ? start - policy.value : Math.trunc(start * (1 - policy.value / 100));
  });
  // The least change leaves the most replicas.
  return rules.selectPolicy === "Min" ? Math.max(...proposals) : Math.min(...proposals);
}

/** How many there were when a policy's period began. */
function replicasAtStart(current: number, { ups, downs }: Events, { periodSeconds }: HPAScalingPolicy, now: Date) {
  const cutoff = now.getTime() - periodSeconds * 1000;
  const changed = (events: readonly ScaleEvent[]) =>
    events.filter(({ at }) => at > cutoff).reduce((sum, { change }) => sum + change, 0);
  return current - changed(ups) + changed(downs);
}

/** Remembers a change for as long as a policy may look back. (storeScaleEvent) */
export function storeScaleEvent(
  behavior: HorizontalPodAutoscaler["spec"]["behavior"],
  memory: Memory,
  { from, to, now }: { from: number; to: number; now: Date },
): void {
  if (!behavior) return; // nothing looks back
  const [events, rules] = to > from ? [memory.ups, behavior.scaleUp] : [memory.downs, behavior.scaleDown];
  const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
  const place = events.findLastIndex(({ at }) => at < now.getTime() - longest * 1000);
  events.splice(place < 0 ? events.length : place, 1, { change: Math.abs(to - from), at: now.getTime() });
}

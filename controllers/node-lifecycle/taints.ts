import { timestamp } from "../../client/index.ts";
import type { Node, Taint } from "../../openapi/api/core.v1.ts";
import { readyCondition } from "./health.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Condition → status → taint that keeps new Pods away. (nodeConditionToTaintKeyStatusMap) */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
};
const MANAGED = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((keys) => Object.values(keys))]);

/** Whether a node should have a taint that also drives Pods away, and which. */
export function evictionTaintKey(node: Readonly<Node>): string | undefined {
  const status = readyCondition(node)?.status;
  return status === "False" ? NOT_READY : status === "Unknown" ? UNREACHABLE : undefined;
}

/**
 * The node's taints as they should be; taints of others are left alone.
 * @param mayEvict allows a NoExecute taint to be added now; one that is there and right stays
 */
export function wantedTaints(node: Readonly<Node>, mayEvict: boolean, keepEvicting: boolean, now: Date): Taint[] {
  const old = node.spec.taints ?? [];
  const time = timestamp(now);
  const wanted: Taint[] = [];
  for (const { type, status } of node.status.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key) wanted.push({ key, effect: "NoSchedule", timeAdded: time });
  }
  if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule", timeAdded: time });
  const evicting = evictionTaintKey(node);
  const hasEvicting = old.some(
    ({ key, effect }) => effect === "NoExecute" && (key === NOT_READY || key === UNREACHABLE),
  );
  if (evicting && (mayEvict || (hasEvicting && keepEvicting))) {
    wanted.push({ key: evicting, effect: "NoExecute", timeAdded: time });
  }
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const isOurs = ({ key, effect }: Taint) =>
    (effect === "NoSchedule" && MANAGED.has(key)) ||
    (effect === "NoExecute" && (key === NOT_READY || key === UNREACHABLE));
  const kept = old.filter((taint) => !isOurs(taint) || wanted.some((one) => same(one, taint)));
  return [...kept, ...wanted.filter((taint) => !old.some((one) => same(one, taint)))];
}

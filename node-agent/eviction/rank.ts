import type { Pod } from "../../openapi/api/core.v1.ts";
import { requestOf } from "../predicates.ts";
import type { PodNodeUsage } from "../runtime/node-usage.ts";
import { type Disks, usageOf } from "./pod-usage.ts";
import { SIGNALS, type Signal } from "./signal.ts";

/** What runs of each Pod, by its uid. */
export type Usages = ReadonlyMap<string, PodNodeUsage>;

const first = (a: boolean, b: boolean) => Number(b) - Number(a);

/**
 * Pods in the order in which they go: those that have more than they asked for, then the least important, then those
 * that have most beyond what they asked for. Whose usage is not known goes first.
 * (pkg/kubelet/eviction/helpers.go rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure)
 */
export function rank(pods: readonly Pod[], usages: Usages, signal: Signal, disks: Disks): Pod[] {
  const { resource } = SIGNALS[signal];
  const where = signal.startsWith("imagefs") ? "imagefs" : "nodefs";
  const entries = pods.map((pod) => {
    const usage = usages.get(pod.metadata.uid ?? "");
    const used = usage && usageOf(pod, usage, resource, where, disks);
    // Inodes cannot be asked for, and are compared with the bytes that are; that is how upstream does it.
    const asked = requestOf(pod, resource === "inodes" ? "ephemeral-storage" : resource);
    return {
      pod,
      isKnown: used !== undefined,
      exceeds: resource !== "pids" && (used ?? 0) > requestOf(pod, resource),
      excess: (used ?? 0) - (resource === "pids" ? 0 : asked),
      priority: pod.spec.priority ?? 0,
    };
  });
  entries.sort((a, b) => {
    const unknown = first(!a.isKnown, !b.isKnown);
    // Processes are counted only among Pods of one priority.
    if (resource === "pids") return a.priority - b.priority || unknown || b.excess - a.excess;
    return unknown || first(a.exceeds, b.exceeds) || a.priority - b.priority || b.excess - a.excess;
  });
  return entries.map(({ pod }) => pod);
}

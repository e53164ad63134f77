import { statfsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { quantity } from "../../../../client/index.ts";
import type { Threshold } from "../../../eviction/threshold.ts";
import { hugePageCapacity } from "../pod/huge-pages.ts";

/** What this machine has for Pods. */
export function machineCapacity(folder: string, maxPods: number): Record<string, string> {
  const { blocks, bsize } = statfsSync(folder);
  return {
    cpu: String(cpus().length),
    "ephemeral-storage": `${Math.floor((blocks * bsize) / 1024)}Ki`,
    ...hugePageCapacity(),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(maxPods),
  };
}

/**
 * What of it Pods may have: at the thresholds they would be evicted, and without memory that is set aside as huge pages.
 * (pkg/kubelet/cm GetNodeAllocatableReservation, pkg/kubelet/nodestatus/setters.go)
 */
export function machineAllocatable(
  capacity: Readonly<Record<string, string>>,
  thresholds: readonly Threshold[],
): Record<string, string> {
  const sizes = Object.entries(capacity).filter(([name]) => name.startsWith("hugepages-"));
  const hugePages = sizes.reduce((sum, [, amount]) => sum + quantity(amount), 0);
  const less = (name: string, signal: Threshold["signal"]) => {
    const { value = "0" } = thresholds.find((each) => each.signal === signal && each.graceMs === 0) ?? {};
    const aside = signal === "memory.available" ? hugePages : 0;
    const all = quantity(capacity[name] ?? "0") - aside;
    const reserved = value.endsWith("%") ? (all * Number(value.slice(0, -1))) / 100 : quantity(value);
    return `${Math.floor(Math.max(0, all - reserved) / 1024)}Ki`;
  };
  return {
    ...capacity,
    memory: less("memory", "memory.available"),
    "ephemeral-storage": less("ephemeral-storage", "nodefs.available"),
  };
}

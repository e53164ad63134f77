import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerNodeUsage, FileSystemUsage, PodNodeUsage } from "../runtime/node-usage.ts";
import type { Starved } from "./signal.ts";

/** Whether images and containers' files have a file system of their own. */
export interface Disks {
  readonly hasImageFs: boolean;
}

/** On which of them it is looked at what Pods have. */
export type FileSystem = "nodefs" | "imagefs";

const sum = <T>(list: readonly T[], of: (each: T) => number) => list.reduce((total, each) => total + of(each), 0);

/** The Pod's volumes that take the node's disk. (pkg/volume/util IsLocalEphemeralVolume) */
function localVolumes({ spec }: Pod, { volumes }: PodNodeUsage): FileSystemUsage[] {
  const local = (spec.volumes ?? []).filter(({ emptyDir, configMap }) => configMap ?? (emptyDir && !emptyDir.medium));
  return local.flatMap(({ name }) => volumes.get(name) ?? []);
}

/**
 * How much a Pod has of what the node is short of; bytes, inodes or processes.
 * @param where undefined but for disks
 */
export function usageOf(
  pod: Pod,
  usage: PodNodeUsage,
  resource: Starved,
  where: FileSystem | undefined,
  { hasImageFs }: Disks,
): number {
  if (resource === "memory") return usage.usage.memory.workingSet;
  if (resource === "pids") return usage.usage.processes;
  const parts = usage.containers.flatMap(({ rootfs, logs }) => {
    if (!hasImageFs) return [rootfs, logs];
    return where === "imagefs" ? [rootfs] : [logs];
  });
  if (!hasImageFs || where === "nodefs") parts.push(...localVolumes(pod, usage));
  return sum(parts, ({ usedBytes, inodesUsed }) => (resource === "inodes" ? inodesUsed : usedBytes));
}

/** Bytes of one container, as eviction messages have them; undefined where they tell no amount. */
export function containerUsage({ usage, rootfs, logs }: ContainerNodeUsage, resource: Starved): number | undefined {
  if (resource === "memory") return usage.memory.workingSet;
  return resource === "ephemeral-storage" ? rootfs.usedBytes + logs.usedBytes : undefined;
}

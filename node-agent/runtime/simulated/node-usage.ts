import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { CgroupUsage, ContainerNodeUsage, FileSystemUsage, NodeUsage, PodNodeUsage } from "../node-usage.ts";
import type { ContainerStats } from "../runtime.ts";

/** Of a simulated node, beside what its containers' meters say. */
export interface NodeFacts {
  readonly at: Date;
  readonly startedAt: Date;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly storage: number;
  readonly imageBytes: number;
  /** Sandboxes by Pod uid. */
  sandboxOf(uid: string): string | undefined;
  /** Ids and images of running containers. */
  containerOf(uid: string, name: string): { readonly id: string; readonly image: string } | undefined;
}

/** Simulated programs have one thread each, and their memory is all in use. */
function cgroup(stats: readonly ContainerStats[], limit: number | undefined): CgroupUsage {
  const sum = (of: (each: ContainerStats) => number) => stats.reduce((total, each) => total + of(each), 0);
  const [total, memory] = [sum(({ cpuNanoSeconds }) => cpuNanoSeconds), sum(({ workingSetBytes }) => workingSetBytes)];
  return {
    cpu: { total, user: total, system: 0, periods: 0, throttledPeriods: 0, throttled: 0 },
    memory: {
      ...{ usage: memory, maxUsage: memory, workingSet: memory, rss: memory },
      ...{ cache: 0, mapped: 0, swap: 0, faults: 0, majorFaults: 0, failures: 0 },
      ...(limit !== undefined && { limit }),
    },
    processes: stats.length,
  };
}

function disk(capacityBytes: number, usedBytes: number): FileSystemUsage {
  const availableBytes = capacityBytes - usedBytes;
  return { availableBytes, capacityBytes, usedBytes, inodes: 0, inodesFree: 0, inodesUsed: 0 };
}

/** What a simulated node and its Pods use. Their networks and disks are not metered. */
export function simulatedNodeUsage(
  pods: readonly Pod[],
  stats: readonly ContainerStats[],
  facts: NodeFacts,
): NodeUsage {
  const { at, startedAt, cpus, memory, storage, imageBytes } = facts;
  const of = (pod: Pod): PodNodeUsage[] => {
    const uid = pod.metadata.uid ?? "";
    const id = facts.sandboxOf(uid);
    const own = stats.filter(({ podUid }) => podUid === uid);
    if (id === undefined) return [];
    const containers = own.flatMap((each): ContainerNodeUsage[] => {
      const found = facts.containerOf(uid, each.container);
      const unused = disk(storage, 0);
      const usage = cgroup([each], undefined);
      return found ? [{ name: each.container, ...found, usage, rootfs: unused, logs: unused }] : [];
    });
    return [{ uid, id, usage: cgroup(own, undefined), network: [], containers, volumes: new Map() }];
  };
  return {
    ...{ at, startedAt, imageBytes },
    machine: { cores: cpus, memoryBytes: memory },
    usage: cgroup(stats, memory),
    maxProcesses: 4_194_304,
    processes: stats.length,
    network: [],
    fileSystem: disk(storage, imageBytes),
    pods: pods.flatMap(of),
  };
}

import { timestamp } from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { CgroupUsage, FileSystemUsage, InterfaceUsage, NodeUsage, PodNodeUsage } from "../runtime/node-usage.ts";
import type { ContainerUsage } from "./usage.ts";

const sum = <T>(list: readonly T[], of: (each: T) => number) => list.reduce((total, each) => total + of(each), 0);
/** The interface that a Pod is known by. */
const DEFAULT_INTERFACE = "eth0";

/** Amounts of several containers as one; what the kernel counts of their cgroup is more exact where it is known. */
function together(list: readonly ContainerUsage[], now: Date, cgroup?: CgroupUsage) {
  const time = timestamp(now);
  return {
    cpu: {
      time,
      usageNanoCores: sum(list, ({ nanoCores }) => nanoCores),
      usageCoreNanoSeconds: cgroup?.cpu.total ?? sum(list, ({ cpuNanoSeconds }) => cpuNanoSeconds),
    },
    memory: {
      time,
      ...(cgroup?.memory.limit !== undefined && {
        availableBytes: Math.max(0, cgroup.memory.limit - cgroup.memory.workingSet),
      }),
      ...(cgroup && { usageBytes: cgroup.memory.usage }),
      workingSetBytes: cgroup?.memory.workingSet ?? sum(list, ({ workingSetBytes }) => workingSetBytes),
      ...(cgroup && {
        rssBytes: cgroup.memory.rss,
        pageFaults: cgroup.memory.faults,
        majorPageFaults: cgroup.memory.majorFaults,
      }),
    },
  };
}

const fileSystem = (usage: FileSystemUsage, now: Date) => ({
  time: timestamp(now),
  availableBytes: usage.availableBytes,
  capacityBytes: usage.capacityBytes,
  usedBytes: usage.usedBytes,
  inodesFree: usage.inodesFree,
  inodes: usage.inodes,
  inodesUsed: usage.inodesUsed,
});

function network(interfaces: readonly InterfaceUsage[], now: Date) {
  if (interfaces.length === 0) return {};
  const shown = interfaces.map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => {
    return { name, rxBytes, rxErrors, txBytes, txErrors };
  });
  const main = shown.find(({ name }) => name === DEFAULT_INTERFACE);
  return { network: { time: timestamp(now), ...(main ?? { name: "" }), interfaces: shown } };
}

function volumesOf({ spec }: Pod, { volumes }: PodNodeUsage, now: Date) {
  return [...volumes].map(([name, usage]) => {
    const claim = spec.volumes?.find((volume) => volume.name === name)?.persistentVolumeClaim?.claimName;
    return { ...fileSystem(usage, now), name, ...(claim && { pvcRef: { name: claim } }) };
  });
}

/** What is on the node's disk of a Pod: its containers' files and logs, and emptyDirs that are not memory. */
function ephemeralStorage({ spec }: Pod, { containers, volumes }: PodNodeUsage, of: FileSystemUsage): FileSystemUsage {
  const onDisk = [...volumes].filter(([name]) => {
    return spec.volumes?.find((volume) => volume.name === name)?.emptyDir?.medium !== "Memory";
  });
  const parts = [...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]), ...onDisk.map(([, usage]) => usage)];
  return {
    ...of,
    usedBytes: sum(parts, ({ usedBytes }) => usedBytes),
    inodesUsed: sum(parts, ({ inodesUsed }) => inodesUsed),
  };
}

/**
 * GET /stats/summary: what the node's Pods use. (staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1)
 * @param node undefined where there is nothing but containers' amounts
 */
export function statsSummary(
  nodeName: string,
  pods: readonly Pod[],
  usage: readonly ContainerUsage[],
  now: Date,
  node?: NodeUsage,
) {
  return {
    node: {
      nodeName,
      startTime: node ? timestamp(node.startedAt) : null,
      ...together(usage, now, node?.usage),
      ...(node && {
        ...network(node.network, now),
        fs: fileSystem(node.fileSystem, now),
        runtime: { imageFs: fileSystem({ ...node.fileSystem, usedBytes: node.imageBytes }, now) },
        rlimit: { time: timestamp(now), maxpid: node.maxProcesses, curproc: node.processes },
      }),
    },
    pods: pods.flatMap((pod) => {
      const { metadata, status } = pod;
      const own = usage.filter(({ podUid }) => podUid === metadata.uid);
      if (own.length === 0) return [];
      const details = node?.pods.find(({ uid }) => uid === metadata.uid);
      return [
        {
          podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
          startTime: status?.startTime ?? null,
          containers: own.map((each) => {
            const found = details?.containers.find(({ name }) => name === each.container);
            return {
              name: each.container,
              startTime: timestamp(each.startedAt),
              ...together([each], each.at, found?.usage),
              ...(found && { rootfs: fileSystem(found.rootfs, now), logs: fileSystem(found.logs, now) }),
            };
          }),
          ...together(own, now, details?.usage),
          ...(node &&
            details && {
              ...network(details.network, now),
              volume: volumesOf(pod, details, now),
              "ephemeral-storage": fileSystem(ephemeralStorage(pod, details, node.fileSystem), now),
              process_stats: { process_count: details.usage.processes },
            }),
        },
      ];
    }),
  };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../../client/index.ts";
import type { Pod } from "../../../../openapi/api/core.v1.ts";
import type { CgroupUsage, ContainerNodeUsage, FileSystemUsage, NodeUsage, PodNodeUsage } from "../../node-usage.ts";
import type { CriClient } from "../api/client.ts";
import type { ContainerStats } from "../api/types.ts";
import { cgroupProcesses } from "../daemon/cgroups.ts";
import { machineProcesses } from "../machine/processes.ts";
import type { NodePaths } from "../pod/paths.ts";
import { LABEL, podCgroup } from "../pod/sandbox-config.ts";
import { diskUsage, fileSystemUsage } from "../volumes/disk-usage.ts";
import type { DiskVolumes } from "../volumes/pod-volumes.ts";
import { cgroupUsage } from "./cgroup-usage.ts";
import { networkUsage } from "./network-usage.ts";

export interface NodeUsageSources {
  readonly client: CriClient;
  readonly paths: NodePaths;
  readonly volumes: DiskVolumes;
  /** Starts with a slash. */
  readonly cgroupRoot: string;
  readonly clock: Clock;
  /** Sandboxes by Pod uid. */
  readonly sandboxes: ReadonlyMap<string, { readonly id: string }>;
}

const NO_USAGE: CgroupUsage = {
  cpu: { total: 0, user: 0, system: 0, periods: 0, throttledPeriods: 0, throttled: 0 },
  memory: {
    ...{ usage: 0, maxUsage: 0, workingSet: 0, rss: 0, cache: 0, mapped: 0, swap: 0 },
    ...{ faults: 0, majorFaults: 0, failures: 0 },
  },
  processes: 0,
};

/** What the kernel knows of a node's Pods. (pkg/kubelet/stats/cri_stats_provider.go) */
export async function nodeUsage(pods: readonly Pod[], sources: NodeUsageSources): Promise<NodeUsage> {
  const { client, paths, cgroupRoot, clock } = sources;
  const stats = Map.groupBy(await client.listContainerStats(), ({ attributes }) => attributes.labels[LABEL.podUid]);
  const images = new Map((await client.listContainers()).map(({ id, image }) => [id, image?.image ?? ""]));
  const fileSystem = await fileSystemUsage(paths.folder);
  const found = await Promise.all(
    pods.map((pod) => podUsage(pod, stats.get(pod.metadata.uid) ?? [], { ...sources, images, fileSystem })),
  );
  const [imageFs] = await client.imageFsInfo();
  const [, boot = "0"] = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8")) ?? [];
  const { most, running } = machineProcesses();
  return {
    at: clock.now(),
    startedAt: new Date(Number(boot) * 1000),
    usage: cgroupUsage(cgroupRoot.slice(1)) ?? NO_USAGE,
    maxProcesses: most,
    processes: running,
    network: networkUsage("self"),
    fileSystem,
    imageBytes: imageFs?.usedBytes?.value ?? 0,
    pods: found.filter((each) => each !== undefined),
  };
}

interface PodSources extends NodeUsageSources {
  /** Names by container. */
  readonly images: ReadonlyMap<string, string>;
  readonly fileSystem: FileSystemUsage;
}

/** Undefined when none of it runs. */
async function podUsage(
  pod: Pod,
  stats: readonly ContainerStats[],
  { paths, volumes, cgroupRoot, sandboxes, images, fileSystem }: PodSources,
): Promise<PodNodeUsage | undefined> {
  const uid = pod.metadata.uid ?? "";
  const cgroup = podCgroup(pod, cgroupRoot).slice(1);
  const id = sandboxes.get(uid)?.id;
  const usage = cgroupUsage(cgroup);
  if (!usage || !id) return undefined;
  const containers = stats.map(async ({ attributes, writableLayer }): Promise<ContainerNodeUsage | undefined> => {
    const own = cgroupUsage(join(cgroup, attributes.id));
    if (!own) return undefined; // it has ended
    const { name } = attributes.metadata;
    const logged = await diskUsage(join(paths.podLogs(pod), name));
    const [bytes, inodes] = [writableLayer?.usedBytes?.value ?? 0, writableLayer?.inodesUsed?.value ?? 0];
    return {
      name,
      id: attributes.id,
      image: images.get(attributes.id) ?? "",
      usage: own,
      rootfs: { ...fileSystem, usedBytes: bytes, inodesUsed: inodes },
      logs: { ...fileSystem, usedBytes: logged.bytes, inodesUsed: logged.inodes },
    };
  });
  const [pid] = pod.spec.hostNetwork ? [] : cgroupProcesses(join(cgroup, id));
  return {
    uid,
    id,
    usage,
    network: pid === undefined ? [] : networkUsage(pid),
    containers: (await Promise.all(containers)).filter((each) => each !== undefined),
    volumes: await volumes.fileSystems(pod),
  };
}

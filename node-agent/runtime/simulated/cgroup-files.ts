import type { Container, Pod } from "../../../openapi/api/core.v1.ts";
import { containerResources } from "../cri/pod/resources.ts";
import { type DirectoryNode, type FileNode, file } from "./files/node.ts";
import { place } from "./image-files.ts";

/** What a container may use now: a resize in place changes it. */
export interface Allowance {
  pod: Pod;
  container: Container;
}

const PERIOD = 100_000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const MAX_WEIGHT = 10_000;

/** Shares of cgroup v1 as weights of v2: a curve through least, usual and most. (opencontainers/cgroups utils.go) */
export function cpuWeight(shares: number): number {
  if (shares <= MIN_SHARES) return 1;
  if (shares >= MAX_SHARES) return MAX_WEIGHT;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** The files of a container's own cgroup (v2), and its OOM score, as its allowance makes them. @param memory bytes of the node */
export function cgroupFiles(root: DirectoryNode, allowance: Allowance, memory: number): void {
  const resources = () => containerResources(allowance.pod, allowance.container, memory);
  const live = (path: string, text: () => string | number, mode = 0o644) =>
    place(
      root,
      path,
      liveFile(() => `${text()}\n`, root.modified, mode),
    );
  live("/sys/fs/cgroup/cgroup.controllers", () => "cpuset cpu io memory hugetlb pids", 0o444);
  live("/sys/fs/cgroup/cpu.weight", () => cpuWeight(resources().cpuShares ?? MIN_SHARES));
  live("/sys/fs/cgroup/cpu.max", () => `${resources().cpuQuota ?? "max"} ${PERIOD}`);
  live("/sys/fs/cgroup/memory.max", () => resources().memoryLimitInBytes ?? "max");
  live("/sys/fs/cgroup/memory.high", () => "max");
  live("/sys/fs/cgroup/memory.min", () => 0);
  live("/sys/fs/cgroup/pids.max", () => "max");
  for (const who of ["self", "1"]) live(`/proc/${who}/oom_score_adj`, () => resources().oomScoreAdj ?? 0);
}

/** A file that the kernel makes anew for whoever reads it. What is written to it changes nothing. */
function liveFile(text: () => string, modified: Date, mode: number): FileNode {
  const node = file("", modified, mode);
  return Object.defineProperty(node, "content", { get: () => Buffer.from(text()), set: () => {}, enumerable: true });
}

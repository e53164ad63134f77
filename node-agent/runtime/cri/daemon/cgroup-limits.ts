import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HugepageLimit, LinuxContainerResources } from "../api/types.ts";

const CGROUPS = "/sys/fs/cgroup";
/** Those of version 2 that are used. (pkg/kubelet/cm/cgroup_v2_manager_linux.go) */
const CONTROLLERS = ["cpu", "cpuset", "memory", "hugetlb", "pids"];
const MAX_SHARES = 262_144;

/** What all processes of a cgroup may have together; what is undefined stays as it is. */
export interface CgroupLimits extends LinuxContainerResources {
  readonly pids?: number | undefined;
  readonly hugepageLimits?: readonly HugepageLimit[];
}

/** Shares of version 1 as a weight of version 2. (pkg/kubelet/cm/cgroup_manager_linux.go getCPUWeight) */
const weightOf = (shares: number) => (shares >= MAX_SHARES ? 10_000 : Math.floor(1 + ((shares - 2) * 9999) / 262_142));

/**
 * Makes a cgroup, with those above it, and limits all that will be below it.
 * @param name without a slash at its start
 * @param root where the kernel shows its cgroups
 */
export function limitCgroup(name: string, limits: CgroupLimits, root = CGROUPS): void {
  if (existsSync(join(root, "cgroup.controllers"))) limitUnified(name, limits, root);
  else limitDivided(name, limits, root);
}

/** Version 2: one hierarchy for all controllers. */
function limitUnified(name: string, limits: CgroupLimits, root: string): void {
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes, pids, hugepageLimits = [] } = limits;
  let folder = root;
  for (const part of name.split("/")) {
    // Controllers reach a cgroup only where all above it pass them on.
    const known = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
    const passed = CONTROLLERS.filter((controller) => known.includes(controller));
    writeFileSync(join(folder, "cgroup.subtree_control"), passed.map((controller) => `+${controller}`).join(" "));
    folder = join(folder, part);
    mkdirSync(folder, { recursive: true });
  }
  const set = (file: string, value: string | number) => writeFileSync(join(folder, file), String(value));
  if (cpuShares) set("cpu.weight", weightOf(cpuShares));
  if (cpuQuota) set("cpu.max", `${cpuQuota > 0 ? cpuQuota : "max"} ${cpuPeriod ?? 100_000}`);
  if (memoryLimitInBytes) set("memory.max", memoryLimitInBytes > 0 ? memoryLimitInBytes : "max");
  if (pids) set("pids.max", pids);
  for (const { pageSize, limit } of hugepageLimits) {
    const file = `hugetlb.${pageSize}.max`;
    if (existsSync(join(folder, file))) set(file, limit);
  }
}

/** Version 1: a hierarchy for each controller. */
function limitDivided(name: string, limits: CgroupLimits, root: string): void {
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes, pids, hugepageLimits = [] } = limits;
  const set = (controller: string, file: string, value: number | undefined) => {
    if (value === undefined || !existsSync(join(root, controller))) return;
    const folder = join(root, controller, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), String(value));
  };
  set("cpu", "cpu.shares", cpuShares);
  set("cpu", "cpu.cfs_period_us", cpuQuota && cpuPeriod);
  set("cpu", "cpu.cfs_quota_us", cpuQuota);
  set("memory", "memory.limit_in_bytes", memoryLimitInBytes);
  set("pids", "pids.max", pids);
  for (const { pageSize, limit } of hugepageLimits) set("hugetlb", `hugetlb.${pageSize}.limit_in_bytes`, limit);
}

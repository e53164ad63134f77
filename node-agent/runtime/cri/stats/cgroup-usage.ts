import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CgroupUsage } from "../../node-usage.ts";

const CGROUPS = "/sys/fs/cgroup";
/** Limits from here on stand for none. */
const NO_LIMIT = 2 ** 62;
const MICROSECONDS = 1_000;
/** Version 1 counts user and system time in these, of which a second has a hundred on every machine that Linux runs on. */
const TICK_NANOSECONDS = 10_000_000;

/** Lines `name number`. */
function table(path: string): Readonly<Record<string, number>> {
  const lines = text(path).split("\n");
  return Object.fromEntries(
    lines.map((line) => line.split(" ")).map(([name = "", value]) => [name, Number(value ?? 0)]),
  );
}

const text = (path: string) => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return ""; // a kernel without it, or a cgroup that is going
  }
};
const number = (path: string) => {
  const value = Number(text(path));
  return Number.isFinite(value) ? value : 0;
};
const limitOf = (value: string) =>
  value === "" || value === "max" || Number(value) >= NO_LIMIT ? undefined : Number(value);

/**
 * Reads what a cgroup uses from the kernel, of either version of cgroups. (cadvisor container/libcontainer/handler.go)
 * @param name without a slash at its start; "" is all of the machine
 * @returns undefined when there is no such cgroup
 */
export function cgroupUsage(name: string, root = CGROUPS): CgroupUsage | undefined {
  return existsSync(join(root, "cgroup.controllers")) ? unified(join(root, name)) : divided(name, root);
}

function unified(folder: string): CgroupUsage | undefined {
  if (!existsSync(join(folder, "cgroup.procs"))) return undefined;
  const cpu = table(join(folder, "cpu.stat"));
  const memory = table(join(folder, "memory.stat"));
  const { anon = 0, file = 0, file_mapped: mapped = 0, inactive_file: inactive = 0 } = memory;
  // The topmost cgroup has no such file; what is in use there are these.
  const usage = number(join(folder, "memory.current")) || anon + file;
  const limit = limitOf(text(join(folder, "memory.max")));
  return {
    cpu: {
      total: (cpu.usage_usec ?? 0) * MICROSECONDS,
      user: (cpu.user_usec ?? 0) * MICROSECONDS,
      system: (cpu.system_usec ?? 0) * MICROSECONDS,
      periods: cpu.nr_periods ?? 0,
      throttledPeriods: cpu.nr_throttled ?? 0,
      throttled: (cpu.throttled_usec ?? 0) * MICROSECONDS,
    },
    memory: {
      usage,
      maxUsage: number(join(folder, "memory.peak")),
      workingSet: Math.max(0, usage - inactive),
      rss: anon,
      cache: file,
      mapped,
      swap: number(join(folder, "memory.swap.current")),
      ...(limit !== undefined && { limit }),
      faults: memory.pgfault ?? 0,
      majorFaults: memory.pgmajfault ?? 0,
      failures: table(join(folder, "memory.events")).max ?? 0,
    },
    processes: number(join(folder, "pids.current")),
  };
}

function divided(name: string, root: string): CgroupUsage | undefined {
  const of = (controller: string) => join(root, controller, name);
  if (!existsSync(of("memory")) && !existsSync(of("cpuacct"))) return undefined;
  const cpu = table(join(of("cpu"), "cpu.stat"));
  const times = table(join(of("cpuacct"), "cpuacct.stat"));
  const memory = table(join(of("memory"), "memory.stat"));
  const usage = number(join(of("memory"), "memory.usage_in_bytes"));
  const limit = limitOf(text(join(of("memory"), "memory.limit_in_bytes")));
  return {
    cpu: {
      total: number(join(of("cpuacct"), "cpuacct.usage")),
      user: (times.user ?? 0) * TICK_NANOSECONDS,
      system: (times.system ?? 0) * TICK_NANOSECONDS,
      periods: cpu.nr_periods ?? 0,
      throttledPeriods: cpu.nr_throttled ?? 0,
      throttled: cpu.throttled_time ?? 0,
    },
    memory: {
      usage,
      maxUsage: number(join(of("memory"), "memory.max_usage_in_bytes")),
      workingSet: Math.max(0, usage - (memory.total_inactive_file ?? 0)),
      rss: memory.total_rss ?? 0,
      cache: memory.total_cache ?? 0,
      mapped: memory.total_mapped_file ?? 0,
      swap: memory.total_swap ?? 0,
      ...(limit !== undefined && { limit }),
      faults: memory.total_pgfault ?? 0,
      majorFaults: memory.total_pgmajfault ?? 0,
      failures: number(join(of("memory"), "memory.failcnt")),
    },
    processes: number(join(of("pids"), "pids.current")),
  };
}

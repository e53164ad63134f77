import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroupUsage } from "./cgroup-usage.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder of files as the kernel would show them. */
function hierarchy(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "inkube-cgroup-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const EXPECTED = {
  cpu: { total: 3e9, user: 2e9, system: 1e9, periods: 10, throttledPeriods: 4, throttled: 5000 },
  memory: {
    ...{ usage: 1000, maxUsage: 2000, workingSet: 900, rss: 600, cache: 300, mapped: 50, swap: 7 },
    ...{ limit: 4096, faults: 12, majorFaults: 3, failures: 6 },
  },
  processes: 2,
};

test.each<[string, Readonly<Record<string, string>>]>([
  [
    "version 1",
    {
      "cpuacct/pod/cpuacct.usage": "3000000000",
      "cpuacct/pod/cpuacct.stat": "user 200\nsystem 100",
      "cpu/pod/cpu.stat": "nr_periods 10\nnr_throttled 4\nthrottled_time 5000",
      "memory/pod/memory.usage_in_bytes": "1000",
      "memory/pod/memory.max_usage_in_bytes": "2000",
      "memory/pod/memory.limit_in_bytes": "4096",
      "memory/pod/memory.failcnt": "6",
      "memory/pod/memory.stat":
        "rss 1\ntotal_rss 600\ntotal_cache 300\ntotal_mapped_file 50\ntotal_swap 7\ntotal_pgfault 12\ntotal_pgmajfault 3\ntotal_inactive_file 100",
      "pids/pod/pids.current": "2",
    },
  ],
  [
    "version 2",
    {
      "cgroup.controllers": "cpu memory pids",
      "pod/cgroup.procs": "",
      "pod/cpu.stat":
        "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 5",
      "pod/memory.current": "1000",
      "pod/memory.peak": "2000",
      "pod/memory.max": "4096",
      "pod/memory.swap.current": "7",
      "pod/memory.events": "low 0\nmax 6\noom_kill 1",
      "pod/memory.stat": "anon 600\nfile 300\nfile_mapped 50\ninactive_file 100\npgfault 12\npgmajfault 3",
      "pod/pids.current": "2",
    },
  ],
])("cgroups of %s tell what is used", (_version, files) => {
  expect(cgroupUsage("pod", hierarchy(files))).toEqual(EXPECTED);
});

test.each([
  ["version 1", { "memory/pod/memory.limit_in_bytes": "9223372036854771712" }],
  ["version 2", { "cgroup.controllers": "memory", "pod/cgroup.procs": "", "pod/memory.max": "max" }],
])("no limit of %s is no limit, and no cgroup is nothing", (_version, files: Readonly<Record<string, string>>) => {
  const root = hierarchy(files);
  expect(cgroupUsage("pod", root)?.memory).not.toHaveProperty("limit");
  expect(cgroupUsage("absent", root)).toBeUndefined();
});

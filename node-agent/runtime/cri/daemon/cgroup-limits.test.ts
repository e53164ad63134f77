import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CgroupLimits, limitCgroup } from "./cgroup-limits.ts";
import { podsWithCgroups } from "./cgroups.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroups-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The files below the root, with what is in them. */
const written = () =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(root, path), readFileSync(path, "utf8")]),
  );

/** As the kernel shows version 2; its new folders have these files by themselves. */
function unified(controllers: string, pageSizes: readonly string[] = []): void {
  for (const folder of ["", "n", "n/pod1"]) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, "cgroup.controllers"), `${controllers}\n`);
    for (const size of pageSizes) writeFileSync(join(root, folder, `hugetlb.${size}.max`), "max");
  }
}

test.each<[CgroupLimits, Record<string, string>]>([
  [{ cpuShares: 2 }, { "cpu.weight": "1" }],
  [{ cpuShares: 102 }, { "cpu.weight": "4" }],
  [{ cpuShares: 1024 }, { "cpu.weight": "39" }],
  [{ cpuShares: 262_144 }, { "cpu.weight": "10000" }],
  [{ cpuQuota: 50_000, cpuPeriod: 100_000 }, { "cpu.max": "50000 100000" }],
  [{ cpuQuota: -1, cpuPeriod: 100_000 }, { "cpu.max": "max 100000" }],
  [{ cpuPeriod: 100_000 }, {}],
  [{ memoryLimitInBytes: 4096 }, { "memory.max": "4096" }],
  [{ memoryLimitInBytes: -1 }, { "memory.max": "max" }],
  [{ pids: 100 }, { "pids.max": "100" }],
  [{ hugepageLimits: [{ pageSize: "2MB", limit: 2 ** 21 }] }, { "hugetlb.2MB.max": String(2 ** 21) }],
  [{ hugepageLimits: [{ pageSize: "1GB", limit: 0 }] }, {}],
])("version 2: %j becomes %j", (limits, files) => {
  unified("cpuset cpu io memory hugetlb pids", ["2MB"]);
  limitCgroup("n/pod1", limits, root);
  const kernel = { "cgroup.controllers": "cpuset cpu io memory hugetlb pids\n", "hugetlb.2MB.max": "max" };
  const own = Object.entries(written()).filter(([path]) => path.startsWith("n/pod1/"));
  const names = Object.fromEntries(own.map(([path, text]) => [path.slice("n/pod1/".length), text]));
  expect(names).toEqual({ ...kernel, ...files });
});

test("version 2: controllers that there are are passed on, down to the cgroup", () => {
  unified("cpu memory io");
  limitCgroup("n/pod1", { cpuShares: 2 }, root);
  const files = written();
  expect([files["cgroup.subtree_control"], files["n/cgroup.subtree_control"]]).toEqual([
    "+cpu +memory",
    "+cpu +memory",
  ]);
  expect(files["n/pod1/cgroup.subtree_control"]).toBeUndefined();
});

test.each<[CgroupLimits, Record<string, string>]>([
  [{ cpuShares: 102 }, { "cpu/n/pod1/cpu.shares": "102" }],
  [
    { cpuQuota: 50_000, cpuPeriod: 100_000 },
    { "cpu/n/pod1/cpu.cfs_quota_us": "50000", "cpu/n/pod1/cpu.cfs_period_us": "100000" },
  ],
  [{ memoryLimitInBytes: 4096 }, { "memory/n/pod1/memory.limit_in_bytes": "4096" }],
  [{ pids: 100 }, { "pids/n/pod1/pids.max": "100" }],
  [{ hugepageLimits: [{ pageSize: "2MB", limit: 0 }] }, {}],
])("version 1: %j becomes %j, where there is such a controller", (limits, files) => {
  for (const controller of ["cpu", "memory", "pids"]) mkdirSync(join(root, controller));
  limitCgroup("n/pod1", limits, root);
  expect(written()).toEqual(files);
});

test.each([
  ["1", ["memory/n", "cpu/n"]],
  ["2", ["n"]],
])("Pods with a cgroup are found in every tier, with version %s", (version, roots) => {
  if (version === "2") writeFileSync(join(root, "cgroup.controllers"), "cpu\n");
  for (const path of roots) {
    for (const name of ["podone", "burstable/podtwo", "besteffort/podthree", "besteffort/other"]) {
      mkdirSync(join(root, path, name), { recursive: true });
    }
  }
  expect(podsWithCgroups("n", root)).toEqual(["one", "two", "three"]);
});

import { expect, test } from "vitest";
import type { Container, Pod } from "../../../openapi/api/core.v1.ts";
import { type Allowance, cgroupFiles, cpuWeight } from "./cgroup-files.ts";
import { FileSystem } from "./files/file-system.ts";
import { directory } from "./files/node.ts";

const at = new Date("2026-01-01T00:00:00Z");
const withResources = (resources: object) => {
  const container = { name: "c", resources } as Container;
  return { container, pod: { spec: { containers: [container] }, status: { qosClass: "Burstable" } } as unknown as Pod };
};

test("a container's cgroup shows what it may use, also after a resize", async () => {
  const allowance: Allowance = withResources({ requests: { cpu: "100m", memory: "1Gi" }, limits: { cpu: "250m" } });
  const root = directory(at);
  cgroupFiles(root, allowance, 2 ** 32);
  const files = new FileSystem({
    ...{ root: () => root, readOnlyRoot: false, mounts: () => new Map(), now: () => at },
    identity: { uid: 0, gid: 0, groups: [] },
  });
  const read = async (path: string) => (await files.read(path)).toString().trim();
  const seen = async () =>
    Promise.all(["cpu.weight", "cpu.max", "memory.max"].map((name) => read(`/sys/fs/cgroup/${name}`)));
  expect(await seen()).toEqual(["17", "25000 100000", "max"]);
  expect(await read("/proc/1/oom_score_adj")).toBe("750");
  Object.assign(allowance, withResources({ limits: { cpu: "2", memory: "64Mi" } }));
  expect(await seen()).toEqual(["174", "200000 100000", "67108864"]);
});

test.each([
  [2, 1],
  [102, 17],
  [1024, 100],
  [262_144, 10_000],
])("%i shares are weight %i", (shares, weight) => {
  expect(cpuWeight(shares)).toBe(weight);
});

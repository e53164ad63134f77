import { expect, test } from "vitest";
import type { Container, Pod } from "../../../../openapi/api/core.v1.ts";
import { containerResources, podResources } from "./resources.ts";

const pod = (qosClass: string, containers: readonly Container[], initContainers: readonly Container[] = []) =>
  ({ metadata: {}, spec: { containers, initContainers }, status: { qosClass } }) as unknown as Pod; // no more is read
const container = (requests: Record<string, string>, limits: Record<string, string>): Container =>
  ({ name: "c", resources: { requests, limits } }) as Container;
const GIB = 2 ** 30;

test.each([
  ["BestEffort", {}, {}, { cpuShares: 2, cpuPeriod: 100_000, oomScoreAdj: 1000 }],
  [
    "Burstable",
    { cpu: "250m", memory: "1Gi" },
    { memory: "2Gi" },
    { cpuShares: 256, cpuPeriod: 100_000, memoryLimitInBytes: 2 * GIB, oomScoreAdj: 750 },
  ],
  [
    "Guaranteed",
    { cpu: "1500m", memory: "1Gi" },
    { cpu: "1500m", memory: "1Gi" },
    { cpuShares: 1536, cpuPeriod: 100_000, cpuQuota: 150_000, memoryLimitInBytes: GIB, oomScoreAdj: -997 },
  ],
])("a %s container with %o up to %o", (qos, requests, limits, expected) => {
  const only = container(requests, limits);
  expect(containerResources(pod(qos, [only]), only, 4 * GIB)).toEqual(expected);
});

test("a Pod's cgroup holds all its containers, or its largest init container", () => {
  const small = container({ cpu: "100m" }, { cpu: "200m", memory: "1Gi" });
  const large = container({ cpu: "1" }, { cpu: "1", memory: "1Gi" });
  expect(podResources(pod("Burstable", [small, small], [large]))).toEqual({
    cpuShares: 1024,
    cpuPeriod: 100_000,
    cpuQuota: 100_000,
    memoryLimitInBytes: 2 * GIB,
  });
  expect(podResources(pod("Burstable", [small, container({}, {})]))).toEqual({ cpuShares: 102 });
});

test.each([
  { title: "a small request counts in whole steps", own: "6Mi", beside: [], podRequest: undefined, score: 999 },
  { title: "what its Pod asks for beside is shared", own: "512Mi", beside: ["0"], podRequest: "1536Mi", score: 750 },
])("$title: OOM score $score", ({ own, beside, podRequest, score }) => {
  const only = container({ memory: own }, {});
  const shared = pod("Burstable", [only, ...beside.map((memory) => container({ memory }, {}))]);
  if (podRequest) Object.assign(shared.spec, { resources: { requests: { memory: podRequest } } });
  expect(containerResources(shared, only, 4 * GIB).oomScoreAdj).toBe(score);
});

test("a sidecar is as safe as the regular container that asks for least", () => {
  const sidecar = { ...container({}, {}), name: "side", restartPolicy: "Always" };
  const shared = pod("Burstable", [container({ memory: "1Gi" }, {}), container({ memory: "2Gi" }, {})], [sidecar]);
  expect(containerResources(shared, sidecar, 4 * GIB).oomScoreAdj).toBe(750);
});

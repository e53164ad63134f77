import { expect, test } from "vitest";
import type { Pod } from "../openapi/api/core.v1.ts";
import { podAmounts } from "./pod-amounts.ts";

const container = (name: string, requests: Record<string, string>, limits?: Record<string, string>, more = {}) => ({
  name,
  resources: { requests, ...(limits && { limits }) },
  ...more,
});

const sums = {
  initContainers: [
    container("side", { cpu: "50m" }, { cpu: "50m" }, { restartPolicy: "Always" }),
    container("setup", { cpu: "500m", memory: "1Gi" }),
  ],
  containers: [
    container("a", { cpu: "250m", memory: "64Mi" }, { cpu: "500m", memory: "128Mi" }),
    container("b", { cpu: "1", memory: "64Mi" }, { cpu: "1", memory: "128Mi" }),
  ],
};

test.each([
  { title: "nothing is asked for", spec: { containers: [{ name: "a" }] }, isRunning: true, is: { resources: {} } },
  {
    title: "a Pod that starts: what its hungriest moment asks for",
    spec: sums,
    isRunning: false,
    is: {
      allocatedResources: { cpu: "1300m", memory: "1Gi" },
      resources: { requests: { cpu: "1300m", memory: "1Gi" }, limits: { cpu: "1550m", memory: "256Mi" } },
    },
  },
  {
    title: "a Pod that runs: what its cgroup has, where one container may have any amount of memory",
    spec: sums,
    isRunning: true,
    is: {
      allocatedResources: { cpu: "1300m", memory: "1Gi" },
      resources: { requests: { cpu: "1300m", memory: "1Gi" }, limits: { cpu: "1550m" } },
    },
  },
  {
    title: "the Pod's own amounts stand above its containers', overhead on top of what is asked for",
    spec: { ...sums, resources: { requests: { cpu: "2" }, limits: { memory: "4Gi" } }, overhead: { cpu: "100m" } },
    isRunning: false,
    is: {
      allocatedResources: { cpu: "2100m", memory: "1Gi" },
      resources: { requests: { cpu: "2100m", memory: "1Gi" }, limits: { cpu: "1650m", memory: "4Gi" } },
    },
  },
])("$title", ({ spec, isRunning, is }) => {
  expect(podAmounts({ metadata: {}, spec } as Pod, isRunning)).toEqual(is);
});

import { expect, test } from "vitest";
import { type ApiObject, listerOf } from "../../client/index.ts";
import type { Pod, ResourceQuota, ResourceQuotaSpec } from "../../openapi/api/core.v1.ts";
import { evaluatorOf } from "./evaluators.ts";
import { podEvaluator } from "./pods.ts";
import { recount } from "./usage.ts";

const now = new Date("2026-01-01T00:00:00Z");
const inNamespace = (name: string, rest: object): ApiObject => ({ metadata: { name, namespace: "ns" }, ...rest });
const container = (name: string, requests: object, limits: object = {}) => ({ name, resources: { requests, limits } });
const pod = (name: string, spec: object, status: object = {}) =>
  inNamespace(name, { spec: { containers: [container("c", { cpu: "100m", memory: "1Gi" })], ...spec }, status });

const objects: Record<string, ApiObject[]> = {
  "v1/pods": [
    pod("plain", {}, { qosClass: "Burstable" }),
    pod("done", {}, { phase: "Succeeded" }),
    pod("best", { containers: [container("c", {})], activeDeadlineSeconds: 5 }, { qosClass: "BestEffort" }),
    pod(
      "important",
      {
        priorityClassName: "high",
        containers: [
          container("a", { cpu: "1" }, { cpu: "2" }),
          container("b", { cpu: "500m", "nvidia.com/gpu": "2" }),
        ],
        initContainers: [container("i", { cpu: "3" }), { ...container("s", { cpu: "1" }), restartPolicy: "Always" }],
        overhead: { cpu: "250m" },
      },
      { qosClass: "Burstable" },
    ),
  ],
  "v1/services": [
    inNamespace("a", { spec: { type: "NodePort", ports: [{}, {}] } }),
    inNamespace("b", {
      spec: { type: "LoadBalancer", ports: [{ nodePort: 1 }, {}], allocateLoadBalancerNodePorts: false },
    }),
    inNamespace("c", { spec: { type: "ClusterIP", ports: [{}] } }),
  ],
  "v1/persistentvolumeclaims": [
    inNamespace("a", { spec: { resources: { requests: { storage: "1Gi" } }, storageClassName: "gold" }, status: {} }),
    inNamespace("b", {
      spec: { resources: { requests: { storage: "512Mi" } } },
      status: { allocatedResources: { storage: "1Gi" } },
    }),
  ],
  "v1/configmaps": [inNamespace("a", {}), inNamespace("b", {})],
  "apps/v1/deployments": [inNamespace("a", {})],
  "resource.k8s.io/v1/resourceclaims": [
    inNamespace("a", {
      spec: {
        devices: {
          requests: [
            { exactly: { deviceClassName: "gpu", allocationMode: "ExactCount", count: 2 } },
            {
              firstAvailable: [
                { deviceClassName: "gpu", allocationMode: "All" },
                { deviceClassName: "tpu", allocationMode: "ExactCount", count: 1 },
              ],
            },
          ],
        },
      },
    }),
  ],
};
const countables = Object.entries(objects).map(([name, list]) => {
  const [group = "", , resource = ""] = name.startsWith("v1/") ? ["", "v1", name.slice(3)] : name.split("/");
  return { evaluator: evaluatorOf(name, group, resource), lister: listerOf(list) };
});
const quota = (spec: ResourceQuotaSpec, status: ResourceQuota["status"] = {}): ResourceQuota => ({
  metadata: { name: "q", namespace: "ns" },
  spec,
  status,
});
const usedBy = (names: string[], rest: Partial<ResourceQuotaSpec> = {}) =>
  recount(quota({ hard: Object.fromEntries(names.map((name) => [name, "10"])), ...rest }), countables, now)?.status
    .used;

test.each([
  [
    {
      pods: "3",
      "count/pods": "4",
      cpu: "3350m",
      "requests.memory": "1Gi",
      "limits.cpu": "2250m",
      "requests.nvidia.com/gpu": "2",
    },
  ],
  [{ services: "3", "services.nodeports": "3", "services.loadbalancers": "1", "count/services": "3" }],
  [
    {
      persistentvolumeclaims: "2",
      "requests.storage": "2Gi",
      "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
    },
  ],
  [{ configmaps: "2", "count/configmaps": "2", "count/deployments.apps": "1", secrets: undefined }],
  [
    {
      "count/resourceclaims.resource.k8s.io": "1",
      "gpu.deviceclass.resource.k8s.io/devices": "34",
      "tpu.deviceclass.resource.k8s.io/devices": "1",
    },
  ],
  [{ "requests.nothing.example.com/x": "0" }],
])("counts %j", (wanted) => {
  expect(usedBy(Object.keys(wanted))).toEqual(wanted);
});

test.each([
  { scopes: ["BestEffort"], pods: "1" },
  { scopes: ["NotBestEffort"], pods: "2" },
  { scopes: ["Terminating"], pods: "1" },
  { scopes: ["NotTerminating", "NotBestEffort"], pods: "2" },
  { scopes: ["PriorityClass"], pods: "1" },
  { scopes: ["CrossNamespacePodAffinity"], pods: "0" },
])("a quota with scopes $scopes counts $pods Pods and no other kind", ({ scopes, pods }) => {
  expect(usedBy(["pods", "configmaps"], { scopes })).toEqual({ pods, configmaps: "0" });
});

test.each([
  { operator: "In", values: ["high"], pods: "1" },
  { operator: "NotIn", values: ["high"], pods: "2" },
  { operator: "DoesNotExist", pods: "2" },
])("priority classes $operator $values", ({ pods, ...rest }) => {
  const matchExpressions = [{ scopeName: "PriorityClass", ...rest }];
  expect(usedBy(["pods"], { scopeSelector: { matchExpressions } })).toEqual({ pods });
});

test("a status that is right is left alone, and what nobody counts stays", () => {
  const status = { hard: { configmaps: "2", odd: "1" }, used: { configmaps: "2", odd: "7" } };
  expect(recount(quota({ hard: { configmaps: "2", odd: "1" } }, status), countables, now)).toBeUndefined();
  expect(recount(quota({ hard: { configmaps: "3" } }, status), countables, now)?.status).toEqual({
    hard: { configmaps: "3" },
    used: { configmaps: "2" },
  });
});

test.each([
  { change: { status: { phase: "Failed" } }, frees: true },
  { change: { spec: { activeDeadlineSeconds: 1 } }, frees: true },
  { change: { status: { phase: "Running" } }, frees: false },
])("a Pod's change $change gives back: $frees", ({ change, frees }) => {
  // What is looked at is there; a whole Pod would say no more.
  const old = pod("p", {}, {}) as unknown as Pod;
  expect(podEvaluator.frees?.({ ...old, ...(change as unknown as Pod) }, old, now)).toBe(frees);
});

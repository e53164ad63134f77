import { expect, test } from "vitest";
import type { LevelVersion } from "../admission/plugins/pod-security/policy.ts";
import { PodSecurityMetrics } from "./pod-security-metrics.ts";

test.each<{ policy: LevelVersion; resource: string; wanted: object }>([
  {
    policy: { level: "baseline", minor: Number.POSITIVE_INFINITY },
    resource: "pods",
    wanted: { policy_level: "baseline", policy_version: "latest", resource: "pod" },
  },
  { policy: { level: "privileged", minor: 20 }, resource: "pods", wanted: { policy_version: "latest" } },
  {
    policy: { level: "restricted", minor: 20 },
    resource: "deployments",
    wanted: { policy_version: "v1.20", resource: "controller" },
  },
  {
    policy: { level: "restricted", minor: 99 },
    resource: "namespaces",
    wanted: { policy_version: "future", resource: "namespace" },
  },
])("$policy of $resource is counted by labels that clients cannot make up", async ({ policy, resource, wanted }) => {
  const metrics = new PodSecurityMetrics();
  const request = { operation: "CREATE", resource, subresource: "" } as const;
  metrics.evaluated({ decision: "deny", policy, mode: "warn" }, request);
  metrics.failed(true, request);
  const [evaluations, errors] = await Promise.all(metrics.series.map((series) => series.get()));
  const labels = { decision: "deny", mode: "warn", request_operation: "create", subresource: "", ...wanted };
  expect(evaluations).toMatchObject({ values: [{ value: 1, labels }] });
  expect(errors).toMatchObject({ values: [{ value: 1, labels: { fatal: "true", request_operation: "create" } }] });
});

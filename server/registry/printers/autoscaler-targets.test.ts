import { expect, test } from "vitest";
import { autoscalerTargets } from "./autoscaler-targets.ts";

const target = { scaleTargetRef: { kind: "Deployment", name: "d" }, maxReplicas: 3 };
const external = '{"type":"External","external":{"metricName":"m","targetValue":"1k"}}';
const annotated = (...metrics: string[]) => ({
  annotations: { "autoscaling.alpha.kubernetes.io/metrics": `[${metrics.join(",")}]` },
});

test.each([
  ["cpu: <unknown>/50%", { metadata: {}, spec: { ...target, targetCPUUtilizationPercentage: 50 } }],
  ["<unknown>/1k", { metadata: annotated(external), spec: target }],
  [
    "<unknown>/1k, cpu: <unknown>/51%",
    { metadata: annotated(external), spec: { ...target, targetCPUUtilizationPercentage: 51 } },
  ],
  [
    "<unknown>/1k, <unknown>/1k + 1 more...",
    { metadata: annotated(external, external), spec: { ...target, targetCPUUtilizationPercentage: 5 } },
  ],
])("an autoscaler of version 1 shows all its metrics: %s", (text, object) => {
  expect(autoscalerTargets({ ...object, status: { desiredReplicas: 0 } })).toBe(text);
});

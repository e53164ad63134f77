import type { HorizontalPodAutoscaler, HPAScalingRules } from "../../../openapi/api/autoscaling.v2.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { DEFAULT_CPU_UTILIZATION, defaultsV1, fromV1, toV1, withoutRoundTrip } from "./v1.ts";
import { validateAutoscaler } from "./validation.ts";

const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
// The window is the controller manager's to default.
const SCALE_DOWN: HPAScalingRules = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/**
 * HorizontalPodAutoscaler, autoscaling/v2 and v1. Follows pkg/registry/autoscaling/horizontalpodautoscaler and
 * pkg/apis/autoscaling/{v1,v2,validation}.
 */
export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  defaults({ spec }) {
    if (!spec) return;
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) {
      const target = { type: "Utilization", averageUtilization: DEFAULT_CPU_UTILIZATION };
      spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
    }
    if (!spec.behavior) return;
    spec.behavior.scaleUp = completed(spec.behavior.scaleUp, SCALE_UP);
    spec.behavior.scaleDown = completed(spec.behavior.scaleDown, SCALE_DOWN);
  },
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0 };
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate: (object) => validateAutoscaler(object, undefined),
  validateUpdate: validateAutoscaler,
  tableMetadata: withoutRoundTrip,
  subresources: {
    status: {
      ...status<HorizontalPodAutoscaler>(),
      verbs: ["get", "patch", "update"],
      validateUpdate: (object) => [
        ...validateNonNegative(object.status?.currentReplicas ?? 0, "status.currentReplicas"),
        ...validateNonNegative(object.status?.desiredReplicas ?? 0, "status.desiredReplicas"),
      ],
    },
  },
  versions: [{ version: "v1", defaults: defaultsV1, toStorage: fromV1, fromStorage: toV1 }],
});

function completed(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  const { policies, ...rest } = rules ?? {};
  return { ...defaults, ...rest, policies: (policies ?? defaults.policies ?? []).map((policy) => ({ ...policy })) };
}

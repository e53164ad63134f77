import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../../../openapi/api/autoscaling.v1.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HPAScalingRules,
  MetricSpec,
} from "../../../openapi/api/autoscaling.v2.ts";
import { encodeAny } from "../../../openapi/encode.ts";
import type { KubeObject } from "../../meta/object.ts";
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from "./metrics.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io";
export const METRICS = `${PREFIX}/metrics`;
const BEHAVIOR = `${PREFIX}/behavior`;
const STATUSES = `${PREFIX}/current-metrics`;
const CONDITIONS = `${PREFIX}/conditions`;
const ROUND_TRIP = [
  METRICS,
  BEHAVIOR,
  `${PREFIX}/scale-down-tolerance`,
  `${PREFIX}/scale-up-tolerance`,
  STATUSES,
  CONDITIONS,
];
/** What a new autoscaler aims at when it says nothing. */
export const DEFAULT_CPU_UTILIZATION = 80;

/** Type defaults of autoscaling/v1. The CPU target is part of the conversion, which knows the annotations. */
export function defaultsV1(object: KubeObject): void {
  const { spec } = object as AutoscalerV1; // the caller decoded it as such
  if (spec) spec.minReplicas ??= 1;
}

/** What v2 has and v1 has not goes into annotations. (pkg/apis/autoscaling/v1/conversion.go) */
export function toV1({ spec, status, metadata, ...rest }: HorizontalPodAutoscaler): KubeObject {
  const { metrics = [], behavior, ...common } = spec ?? {};
  const { currentMetrics, conditions, ...state } = status ?? { desiredReplicas: 0 };
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => !isCpuUtilization(metric));
  const extra: Record<string, string> = {};
  if (others.length > 0) extra[METRICS] = encodeAny(others.map(metricToV1));
  if (currentMetrics?.length) extra[STATUSES] = encodeAny(currentMetrics.map(statusToV1));
  if (behavior) extra[BEHAVIOR] = encodeAny(behaviorToInternal(behavior));
  if (conditions?.length) extra[CONDITIONS] = encodeAny(conditions.map(conditionInOrder));
  const current = (currentMetrics ?? [])
    .filter(({ type, resource }) => type === "Resource" && resource?.name === "cpu")
    .map(({ resource }) => resource?.current.averageUtilization)
    .findLast((utilization) => utilization !== undefined);
  return {
    ...rest,
    metadata: withAnnotations(metadata, extra),
    spec: { ...common, ...(cpu && { targetCPUUtilizationPercentage: cpu.resource?.target.averageUtilization }) },
    status: {
      ...state,
      currentReplicas: state.currentReplicas ?? 0,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  } as KubeObject; // an autoscaling/v1 object
}

/** The way back. Annotations that cannot be read are ignored, as upstream does. */
export function fromV1(object: KubeObject): HorizontalPodAutoscaler {
  const { spec, status, metadata, ...rest } = object as AutoscalerV1; // the caller decoded it as such
  const { targetCPUUtilizationPercentage, ...common } = spec ?? {};
  const { currentCPUUtilizationPercentage, currentReplicas, ...state } = status ?? { desiredReplicas: 0 };
  const annotations = metadata.annotations ?? {};
  const cpu = targetCPUUtilizationPercentage === undefined ? [] : [cpuMetric(targetCPUUtilizationPercentage)];
  const metrics: MetricSpec[] = [...(parseList(annotations[METRICS])?.map(metricFromV1) ?? []), ...cpu];
  const behavior = behaviorFromInternal(parse(annotations[BEHAVIOR]));
  const ownStatus =
    currentCPUUtilizationPercentage === undefined
      ? undefined
      : [
          {
            type: "Resource",
            resource: { name: "cpu", current: { averageUtilization: currentCPUUtilizationPercentage } },
          },
        ];
  const currentMetrics = parseList(annotations[STATUSES])?.map(statusFromV1) ?? ownStatus;
  const conditions = parseList(annotations[CONDITIONS]);
  return {
    ...rest,
    metadata: withAnnotations(metadata, {}),
    spec: {
      ...common,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(DEFAULT_CPU_UTILIZATION)],
      ...(behavior && { behavior }),
    },
    status: {
      ...state,
      ...(currentReplicas && { currentReplicas }),
      ...(currentMetrics && { currentMetrics }),
      ...(conditions && { conditions }),
    },
  } as HorizontalPodAutoscaler; // its parts are those of v2
}

/** Go's order of fields. */
function conditionInOrder({ type, status, lastTransitionTime, reason, message }: HorizontalPodAutoscalerCondition) {
  const text = { ...(reason && { reason }), ...(message && { message }) };
  return { type, status, lastTransitionTime: lastTransitionTime ?? null, ...text };
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined;
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } };
}

/** Annotations for the round trip, in place of any that are there. */
function withAnnotations<T extends KubeObject["metadata"]>(metadata: T, extra: Record<string, string>): T {
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !ROUND_TRIP.includes(key));
  const annotations = { ...Object.fromEntries(kept), ...extra };
  const { annotations: _, ...rest } = metadata;
  return { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) } as T; // only annotations differ
}

/** Metadata as it is without the conversion. */
export function withoutRoundTrip<T extends KubeObject["metadata"]>(metadata: T): T {
  return withAnnotations(metadata, {});
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseList(text: string | undefined): Record<string, unknown>[] | undefined {
  const value = parse(text);
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : undefined;
}

// Upstream writes its internal type into the annotation, Go's names and nulls included.
function behaviorToInternal({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): unknown {
  const rules = (own: HPAScalingRules | undefined) =>
    own
      ? {
          StabilizationWindowSeconds: own.stabilizationWindowSeconds ?? null,
          SelectPolicy: own.selectPolicy ?? null,
          Policies:
            own.policies?.map(({ type, value, periodSeconds }) => ({
              Type: type,
              Value: value,
              PeriodSeconds: periodSeconds,
            })) ?? null,
          Tolerance: own.tolerance ?? null,
        }
      : null;
  return { ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) };
}

function behaviorFromInternal(value: unknown): HorizontalPodAutoscalerBehavior | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { ScaleUp, ScaleDown } = value as Internal; // checked member by member
  const scaleUp = rulesFromInternal(ScaleUp);
  const scaleDown = rulesFromInternal(ScaleDown);
  return scaleUp || scaleDown ? { ...(scaleUp && { scaleUp }), ...(scaleDown && { scaleDown }) } : undefined;
}

interface InternalRules {
  readonly StabilizationWindowSeconds?: number | null;
  readonly SelectPolicy?: string | null;
  readonly Policies?: readonly { Type: string; Value: number; PeriodSeconds: number }[] | null;
  readonly Tolerance?: string | null;
}
interface Internal {
  readonly ScaleUp?: InternalRules | null;
  readonly ScaleDown?: InternalRules | null;
}

function rulesFromInternal(rules: InternalRules | null | undefined): HPAScalingRules | undefined {
  if (!rules) return undefined;
  const { StabilizationWindowSeconds: window, SelectPolicy, Policies, Tolerance } = rules;
  return {
    ...(window !== undefined && window !== null && { stabilizationWindowSeconds: window }),
    ...(SelectPolicy && { selectPolicy: SelectPolicy }),
    ...(Policies && {
      policies: Policies.map(({ Type, Value, PeriodSeconds }) => ({
        type: Type,
        value: Value,
        periodSeconds: PeriodSeconds,
      })),
    }),
    ...(Tolerance && { tolerance: Tolerance }),
  };
}

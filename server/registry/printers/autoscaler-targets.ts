import type { HorizontalPodAutoscaler as OldAutoscaler } from "../../../openapi/api/autoscaling.v1.ts";
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "../../../openapi/api/autoscaling.v2.ts";
import type { KubeObject } from "../../meta/object.ts";
import { fromV1, METRICS } from "../autoscaling/v1.ts";

/** How many metrics are shown. */
const SHOWN = 2;

/** `cpu: 10%/50%` and the like. (formatHPAMetrics) */
export function autoscalerTargets(object: HorizontalPodAutoscaler | OldAutoscaler): string {
  const { spec, status } = isOld(object) ? fromV1(object as KubeObject) : (object as HorizontalPodAutoscaler);
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.slice(0, SHOWN).map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  const more = metrics.length > SHOWN ? ` + ${metrics.length - SHOWN} more...` : "";
  return texts.join(", ") + more;
}

/** Version 1 has one target of its own, and keeps all others in an annotation. */
function isOld({ metadata, spec }: HorizontalPodAutoscaler | OldAutoscaler): boolean {
  return METRICS in (metadata?.annotations ?? {}) || (spec !== undefined && "targetCPUUtilizationPercentage" in spec);
}

function percent(value: number | undefined, otherwise: string): string {
  return value === undefined ? otherwise : `${value}%`;
}

function metricText({ type, ...sources }: MetricSpec, status: MetricStatus | undefined): string {
  switch (type) {
    case "External":
      return valueText(sources.external?.target, status?.external?.current);
    case "Object":
      return valueText(sources.object?.target, status?.object?.current);
    case "Pods":
      return `${status?.pods?.current.averageValue ?? "<unknown>"}/${sources.pods?.target.averageValue ?? "0"}`;
    case "Resource":
      return resourceText(sources.resource, status?.resource?.current);
    case "ContainerResource":
      return resourceText(sources.containerResource, status?.containerResource?.current);
    default:
      return "<unknown type>";
  }
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? "<unknown>"}/${target.averageValue} (avg)`;
  return `${current?.value ?? "<unknown>"}/${target?.value ?? "0"}`;
}

function resourceText(
  source: { name: string; target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  if (!source) return "<unknown type>";
  const { name, target } = source;
  if (target.averageValue !== undefined)
    return `${name}: ${current?.averageValue ?? "<unknown>"}/${target.averageValue}`;
  return `${name}: ${percent(current?.averageUtilization, "<unknown>")}/${percent(target.averageUtilization, "<auto>")}`;
}

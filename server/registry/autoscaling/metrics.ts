import type { MetricSpec, MetricStatus, MetricTarget } from "../../../openapi/api/autoscaling.v2.ts";

/** A metric as autoscaling/v1 keeps it in an annotation: the same things in other places. */
type OldMetric = Record<string, unknown> & { type: string };
// What was once written into an annotation, by whatever version: looked at field by field.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Old = any;

/** Fields in the order of the Go struct, without those that are absent. */
function fields<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T; // a part of it
}

const ZERO = "0";
/** Upstream prints the three fields of a reference in this order. */
const reference = ({ kind, name, apiVersion }: { kind: string; name: string; apiVersion?: string }) =>
  fields({ kind, name, apiVersion: apiVersion || undefined });

/** (Convert_autoscaling_MetricSpec_To_v1_MetricSpec) */
export function metricToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): OldMetric {
  const usage = ({ averageUtilization, averageValue }: MetricTarget) => ({
    targetAverageUtilization: averageUtilization,
    targetAverageValue: averageValue,
  });
  return fields({
    type,
    object:
      object &&
      fields({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        targetValue: object.target.value ?? ZERO,
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      fields({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? ZERO,
        selector: pods.metric.selector,
      }),
    resource: resource && fields({ name: resource.name, ...usage(resource.target) }),
    containerResource:
      containerResource &&
      fields({
        name: containerResource.name,
        ...usage(containerResource.target),
        container: containerResource.container,
      }),
    external:
      external &&
      fields({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

/** (Convert_v1_MetricSpec_To_autoscaling_MetricSpec) */
export function metricFromV1({ type = "", object, pods, resource, containerResource, external }: Old): MetricSpec {
  const usage = ({ targetAverageUtilization, targetAverageValue }: Old): MetricTarget =>
    fields({
      type: targetAverageUtilization === undefined ? "AverageValue" : "Utilization",
      averageValue: targetAverageValue,
      averageUtilization: targetAverageUtilization,
    });
  const value = object && (object.averageValue === undefined || !isZero(object.targetValue));
  return fields({
    type,
    object: object && {
      describedObject: object.target,
      target: fields({
        type: object.averageValue === undefined ? "Value" : "AverageValue",
        value: value ? (object.targetValue ?? ZERO) : undefined,
        averageValue: object.averageValue,
      }),
      metric: fields({ name: object.metricName ?? "", selector: object.selector }),
    },
    pods: pods && {
      metric: fields({ name: pods.metricName ?? "", selector: pods.selector }),
      target: { type: "AverageValue", averageValue: pods.targetAverageValue ?? ZERO },
    },
    resource: resource && { name: resource.name ?? "", target: usage(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? "",
      target: usage(containerResource),
      container: containerResource.container ?? "",
    },
    external: external && {
      metric: fields({ name: external.metricName ?? "", selector: external.metricSelector }),
      target: fields({
        type: external.targetValue === undefined ? "AverageValue" : "Value",
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  });
}

function isZero(quantity: string | undefined): boolean {
  return quantity === undefined || /^0+(\.0+)?[A-Za-z]*$/.test(quantity);
}

/** (Convert_autoscaling_MetricStatus_To_v1_MetricStatus) */
export function statusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): OldMetric {
  const usage = ({ averageUtilization, averageValue }: { averageUtilization?: number; averageValue?: string }) => ({
    currentAverageUtilization: averageUtilization,
    currentAverageValue: averageValue ?? ZERO,
  });
  return fields({
    type,
    object:
      object &&
      fields({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        currentValue: object.current.value ?? ZERO,
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      fields({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? ZERO,
        selector: pods.metric.selector,
      }),
    resource: resource && fields({ name: resource.name, ...usage(resource.current) }),
    containerResource:
      containerResource &&
      fields({
        name: containerResource.name,
        ...usage(containerResource.current),
        container: containerResource.container,
      }),
    external:
      external &&
      fields({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? ZERO,
        currentAverageValue: external.current.averageValue,
      }),
  });
}

/** (Convert_v1_MetricStatus_To_autoscaling_MetricStatus) */
export function statusFromV1({ type = "", object, pods, resource, containerResource, external }: Old): MetricStatus {
  const usage = ({ currentAverageUtilization, currentAverageValue }: Old) =>
    fields({ averageValue: currentAverageValue ?? ZERO, averageUtilization: currentAverageUtilization });
  return fields({
    type,
    object: object && {
      metric: fields({ name: object.metricName ?? "", selector: object.selector }),
      current: fields({ value: object.currentValue ?? ZERO, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && {
      metric: fields({ name: pods.metricName ?? "", selector: pods.selector }),
      current: { averageValue: pods.currentAverageValue ?? ZERO },
    },
    resource: resource && { name: resource.name ?? "", current: usage(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? "",
      current: usage(containerResource),
      container: containerResource.container ?? "",
    },
    external: external && {
      metric: fields({ name: external.metricName ?? "", selector: external.metricSelector }),
      current: fields({ value: external.currentValue ?? ZERO, averageValue: external.currentAverageValue }),
    },
  });
}

import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "../../../openapi/api/autoscaling.v2.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { validateDNS1123Label, validatePathSegmentName } from "../../meta/names.ts";
import { compareQuantities, parseQuantity, quantitySign } from "../../meta/quantity.ts";
import { validateContainerResourceName } from "../core/pod/resource-validation.ts";

const METRIC_TYPES = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const POLICY_TYPES = ["Percent", "Pods"];
const SELECT_POLICIES = ["Disabled", "Max", "Min"];
const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;

/** Which versions of a referenced kind pass. */
type VersionRule = "any" | "with-group" | "with-or-without-group";

/** Follows pkg/apis/autoscaling/validation. */
export function validateAutoscaler(object: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): FieldError[] {
  const {
    minReplicas,
    maxReplicas = 0,
    scaleTargetRef,
    metrics = [],
    behavior,
  } = object.spec ?? { scaleTargetRef: NONE };
  const errors: FieldError[] = [];
  const lowest = old?.spec?.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < lowest) {
    errors.push(fieldInvalid("spec.minReplicas", minReplicas, `must be greater than or equal to ${lowest}`));
  }
  if (maxReplicas === 0) errors.push(fieldRequired("spec.maxReplicas", "must be set and greater than 0"));
  else if (maxReplicas < 0) {
    errors.push(fieldInvalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to 1"));
  }
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(fieldInvalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  errors.push(...validateReference(scaleTargetRef, "spec.scaleTargetRef", targetRule(scaleTargetRef, old)));
  errors.push(...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, metricRule(old))));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === "Object" || type === "External")) {
    const detail = "must specify at least one Object or External metric to support scaling to zero replicas";
    errors.push(fieldForbidden("spec.metrics", detail));
  }
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...validateRules(behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

const NONE: CrossVersionObjectReference = { kind: "", name: "" };

function targetRule({ apiVersion, kind }: CrossVersionObjectReference, old?: HorizontalPodAutoscaler): VersionRule {
  const before = old?.spec?.scaleTargetRef;
  // What was valid once stays valid.
  if (before && before.apiVersion === apiVersion && before.kind === kind) return "any";
  return kind === "ReplicationController" ? "with-or-without-group" : "with-group";
}

function metricRule(old: HorizontalPodAutoscaler | undefined): VersionRule {
  const objects = (old?.spec?.metrics ?? []).filter(({ type }) => type === "Object");
  const wrong = objects.some(({ object }) => object && versionProblem(object.describedObject, "with-or-without-group"));
  return wrong ? "any" : "with-or-without-group";
}

function versionProblem({ apiVersion = "" }: CrossVersionObjectReference, rule: VersionRule): string {
  if (rule === "any") return "";
  const parts = apiVersion.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  return rule === "with-group" && (parts.length < 2 || !parts[0]) ? "apiVersion must specify API group" : "";
}

function validateReference(reference: CrossVersionObjectReference, field: string, rule: VersionRule): FieldError[] {
  const name = (member: "kind" | "name") =>
    reference[member]
      ? validatePathSegmentName(reference[member]).map((text) =>
          fieldInvalid(`${field}.${member}`, reference[member], text),
        )
      : [fieldRequired(`${field}.${member}`, "")];
  const problem = versionProblem(reference, rule);
  const version = problem ? [fieldInvalid(`${field}.apiVersion`, reference.apiVersion ?? "", problem)] : [];
  return [...name("kind"), ...name("name"), ...version];
}

/** Sources in the order in which upstream looks at them; only the first is looked into. */
const SOURCES = ["object", "external", "pods", "resource", "containerResource"] as const;

function validateMetric(metric: MetricSpec, field: string, rule: VersionRule): FieldError[] {
  const { type } = metric;
  const errors: FieldError[] = [];
  const unsupported = () => fieldNotSupported(`${field}.type`, type, METRIC_TYPES);
  const isKnown = METRIC_TYPES.includes(type);
  if (!type) errors.push(fieldRequired(`${field}.type`, "must specify a metric source type"));
  if (!isKnown) errors.push(unsupported());
  const present = SOURCES.filter((source) => metric[source] !== undefined);
  if (present[0]) errors.push(...validateSource(metric, present[0], `${field}.${present[0]}`, rule));
  const expected = isKnown ? `${type[0]?.toLowerCase()}${type.slice(1)}` : "";
  if (!isKnown) errors.push(unsupported());
  else if (!present.some((source) => source === expected)) {
    errors.push(fieldRequired(`${field}.${expected}`, "must populate information for the given metric source"));
  }
  if (present.length === 1) return errors;
  const superfluous = present.filter((source) => source !== expected);
  return [
    ...errors,
    ...superfluous.map((source) => fieldForbidden(`${field}.${source}`, "must populate the given metric source only")),
  ];
}

function validateSource(
  metric: MetricSpec,
  source: (typeof SOURCES)[number],
  field: string,
  rule: VersionRule,
): FieldError[] {
  const { object, external, pods, resource, containerResource } = metric;
  const required = (detail: string, member = "averageValue") => fieldRequired(`${field}.target.${member}`, detail);
  if (source === "object" && object) {
    const { value, averageValue } = object.target;
    return [
      ...validateReference(object.describedObject, `${field}.describedObject`, rule),
      ...validateIdentifier(object.metric, `${field}.metric`),
      ...validateTarget(object.target, `${field}.target`),
      ...((value ?? averageValue) ? [] : [required("must set either a target value or averageValue")]),
    ];
  }
  if (source === "external" && external) {
    const { value, averageValue } = external.target;
    const both = "may not set both a target value for metric and a per-pod target";
    return [
      ...validateIdentifier(external.metric, `${field}.metric`),
      ...validateTarget(external.target, `${field}.target`),
      ...((value ?? averageValue) ? [] : [required("must set either a target value for metric or a per-pod target")]),
      ...(value && averageValue ? [fieldForbidden(`${field}.target.value`, both)] : []),
    ];
  }
  if (source === "pods" && pods) {
    return [
      ...validateIdentifier(pods.metric, `${field}.metric`),
      ...validateTarget(pods.target, `${field}.target`),
      ...(pods.target.averageValue ? [] : [required("must specify a positive target averageValue")]),
    ];
  }
  if (source === "resource" && resource) {
    const name = resource.name ? [] : [fieldRequired(`${field}.name`, "must specify a resource name")];
    return [...name, ...validateUsage(resource.target, field)];
  }
  if (!containerResource) return [];
  const { name, container } = containerResource;
  const wrong = container ? validateDNS1123Label(container) : [];
  return [
    ...(name
      ? validateContainerResourceName(name, `${field}.name`)
      : [fieldRequired(`${field}.name`, "must specify a resource name")]),
    ...(container ? [] : [fieldRequired(`${field}.container`, "must specify a container")]),
    ...wrong.map((text) => fieldInvalid(`${field}.container`, container, text)),
    ...validateUsage(containerResource.target, field),
  ];
}

function validateUsage(target: MetricTarget, field: string): FieldError[] {
  const { averageUtilization, averageValue } = target;
  const one = "must set either a target raw value or a target utilization";
  const both = "may not set both a target raw value and a target utilization";
  const none = averageUtilization === undefined && averageValue === undefined;
  const all = averageUtilization !== undefined && averageValue !== undefined;
  return [
    ...validateTarget(target, `${field}.target`),
    ...(none ? [fieldRequired(`${field}.target.averageUtilization`, one)] : []),
    ...(all ? [fieldForbidden(`${field}.target.averageValue`, both)] : []),
  ];
}

function validateIdentifier({ name }: MetricIdentifier, field: string): FieldError[] {
  if (!name) return [fieldRequired(`${field}.name`, "must specify a metric name")];
  return validatePathSegmentName(name).map((text) => fieldInvalid(`${field}.name`, name, text));
}

function validateTarget({ type, value, averageValue, averageUtilization }: MetricTarget, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!type) errors.push(fieldRequired(`${field}.type`, "must specify a metric target type"));
  if (!["Utilization", "Value", "AverageValue"].includes(type)) {
    errors.push(fieldInvalid(`${field}.type`, type, "must be either Utilization, Value, or AverageValue"));
  }
  for (const [member, quantity] of Object.entries({ value, averageValue })) {
    if (quantity === undefined || quantitySign(parseQuantity(quantity)) > 0) continue;
    errors.push(fieldInvalid(`${field}.${member}`, quantity, "must be positive"));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(fieldInvalid(`${field}.averageUtilization`, averageUtilization, "must be greater than 0"));
  }
  return errors;
}

function validateRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  const invalid = (member: string, value: unknown, detail: string) =>
    errors.push(fieldInvalid(`${field}.${member}`, value, detail));
  if (window !== undefined && window < 0) {
    invalid("stabilizationWindowSeconds", window, "must be greater than or equal to zero");
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    invalid("stabilizationWindowSeconds", window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`);
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    errors.push(fieldNotSupported(`${field}.selectPolicy`, selectPolicy, SELECT_POLICIES));
  }
  if (policies.length === 0) errors.push(fieldRequired(`${field}.policies`, "must specify at least one Policy"));
  for (const [index, { type, value, periodSeconds }] of policies.entries()) {
    const path = `policies[${index}]`;
    if (!POLICY_TYPES.includes(type)) {
      errors.push(fieldNotSupported(`${field}.${path}.type`, type, POLICY_TYPES));
    }
    if (value <= 0) invalid(`${path}.value`, value, "must be greater than zero");
    if (periodSeconds <= 0) invalid(`${path}.periodSeconds`, periodSeconds, "must be greater than zero");
    if (periodSeconds > MAX_PERIOD_SECONDS) {
      invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`);
    }
  }
  if (tolerance !== undefined && compareQuantities(parseQuantity(tolerance), parseQuantity("0")) < 0) {
    invalid("tolerance", tolerance, "must be greater than or equal to 0");
  }
  return errors;
}

import { milliQuantity, milliValue, quantity } from "../../client/index.ts";
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "../../openapi/api/autoscaling.v2.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import { selectorAsGo } from "../selector-text.ts";
import type { MetricsClient } from "./metrics-client.ts";
import {
  type Circumstances,
  type Delays,
  MAX_INT64,
  type Proposal,
  replicasForMean,
  replicasForShare,
  replicasForUtilization,
  replicasForValue,
  type Tolerances,
} from "./replica-calculator.ts";
import { groupOf, groupResource, type Mapper } from "./scale-target.ts";
import { selectorText } from "./selector.ts";

/** What metrics are reckoned with. */
export interface MetricEnvironment {
  metrics: MetricsClient;
  mapper: Mapper;
  delays: Delays;
  tolerances: Tolerances;
  now: Date;
  namespace: string;
  /** Of the target, as its Scale writes it. */
  selector: string;
  pods: readonly Readonly<Pod>[];
  specReplicas: number;
  statusReplicas: number;
}

/** What one metric came to. */
export interface MetricResult {
  replicas: number;
  /** As events and conditions call it. */
  name: string;
  status: MetricStatus;
}

/** Why a metric came to nothing. `reason` is of an event and of the condition; `message` says more than `problem`. */
export class MetricError extends Error {
  readonly reason: string;
  readonly problem: string;

  constructor(reason: string, problem: string, message: string) {
    super(message);
    this.name = "MetricError";
    this.reason = reason;
    this.problem = problem;
  }
}

/** Its message begins with words that events and conditions go without. */
class Unheralded extends Error {
  readonly problem: string;

  constructor(words: string, problem: string) {
    super(`${words}: ${problem}`);
    this.problem = problem;
  }
}

async function heralded<T>(words: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Unheralded(words, textOf(error));
  }
}

/** Reasons, and the start of messages. (computeReplicasForMetric) */
const FAILURES: Record<string, { reason: string; prefix(spec: MetricSpec): string }> = {
  Object: { reason: "FailedGetObjectMetric", prefix: () => "object metric value" },
  Pods: { reason: "FailedGetPodsMetric", prefix: () => "pods metric value" },
  Resource: { reason: "FailedGetResourceMetric", prefix: ({ resource }) => `${resource?.name} resource metric value` },
  ContainerResource: {
    reason: "FailedGetContainerResourceMetric",
    prefix: ({ containerResource }) => `${containerResource?.container} container metric value`,
  },
  External: {
    reason: "FailedGetExternalMetric",
    prefix: ({ external }) => `${external?.metric.name} external metric value`,
  },
};

/**
 * How many replicas one metric asks for.
 * @throws MetricError
 */
export async function computeMetric(spec: MetricSpec, env: MetricEnvironment): Promise<MetricResult> {
  const failure = FAILURES[spec.type];
  try {
    return await compute(spec, env);
  } catch (error) {
    const text = textOf(error);
    if (!failure) throw new MetricError("InvalidMetricSourceType", text, text);
    const problem = error instanceof Unheralded ? error.problem : text;
    throw new MetricError(failure.reason, problem, `failed to get ${failure.prefix(spec)}: ${text}`);
  }
}

function compute(spec: MetricSpec, env: MetricEnvironment): Promise<MetricResult> {
  // A source is there when `type` names it: the API server sees to that.
  if (spec.type === "Object" && spec.object) return objectMetric(spec.object, env);
  if (spec.type === "Pods" && spec.pods) return podsMetric(spec.pods, env);
  if (spec.type === "Resource" && spec.resource) return resourceMetric(spec.resource, env);
  if (spec.type === "ContainerResource" && spec.containerResource)
    return containerResourceMetric(spec.containerResource, env);
  if (spec.type === "External" && spec.external) return externalMetric(spec.external, env);
  throw new Error(`unknown metric source type ${JSON.stringify(spec.type)}`);
}

/** By how much usage may be off: the autoscaler's own rules, else the flag. (tolerancesForHpa) */
export function tolerancesOf({ spec }: Readonly<HorizontalPodAutoscaler>, general: number): Tolerances {
  const of = (text: string | undefined) => (text === undefined ? general : quantity(text));
  return { scaleUp: of(spec.behavior?.scaleUp?.tolerance), scaleDown: of(spec.behavior?.scaleDown?.tolerance) };
}

const circumstances = (env: MetricEnvironment): Circumstances => ({ ...env, replicas: env.specReplicas });

async function objectMetric(source: NonNullable<MetricSpec["object"]>, env: MetricEnvironment): Promise<MetricResult> {
  const { describedObject, metric, target } = source;
  const value = async () => {
    const { kind, name, apiVersion = "" } = describedObject;
    try {
      const resource = await resourceOfKind(env.mapper, groupOf(apiVersion), kind);
      const described = { ...describedObject, resource };
      return await env.metrics.object(metric.name, env.namespace, described, selectorText(metric.selector));
    } catch (error) {
      const problem = textOf(error);
      // In this order in upstream's words as well. (GetObjectMetricReplicas)
      throw new Error(`unable to get metric ${metric.name}: ${kind} on ${env.namespace} ${name}/${problem}`);
    }
  };
  const result = (current: MetricValueStatus, name: string, { replicas }: Proposal): MetricResult => ({
    replicas,
    name,
    status: { type: "Object", object: { metric, current, describedObject } },
  });
  if (target.type === "Value" && target.value !== undefined) {
    const proposal = replicasForValue(await value(), milliValue(target.value), circumstances(env));
    return result({ value: milliQuantity(proposal.usage) }, `${describedObject.kind} metric ${metric.name}`, proposal);
  }
  if (target.type === "AverageValue" && target.averageValue !== undefined) {
    const usage = await prefixed(`failed to get ${metric.name} object metric`, value);
    const proposal = replicasForShare(usage, milliValue(target.averageValue), shareOf(env));
    return result({ averageValue: milliQuantity(proposal.usage) }, externalName(metric), proposal);
  }
  throw new Error("invalid object metric source: neither a value target nor an average value target was set");
}

async function resourceOfKind(mapper: Mapper, group: string, kind: string): Promise<string> {
  try {
    const [first] = await mapper.resources(group, kind);
    return first ? groupResource(first) : "";
  } catch (error) {
    throw new Error(`unable to map kind ${group ? `${kind}.${group}` : kind} to resource: ${textOf(error)}`);
  }
}

async function podsMetric(
  { metric, target }: NonNullable<MetricSpec["pods"]>,
  env: MetricEnvironment,
): Promise<MetricResult> {
  const found = await prefixed(`unable to get metric ${metric.name}`, () =>
    env.metrics.pods(metric.name, env.namespace, env.selector, selectorText(metric.selector)),
  );
  const wanted = { resource: "", usage: milliValue(target.averageValue ?? "0") };
  const { replicas, usage } = replicasForMean(found, wanted, circumstances(env), env.delays);
  const current = { averageValue: milliQuantity(usage) };
  return { replicas, name: `pods metric ${metric.name}`, status: { type: "Pods", pods: { metric, current } } };
}

async function resourceMetric(
  { name, target }: NonNullable<MetricSpec["resource"]>,
  env: MetricEnvironment,
): Promise<MetricResult> {
  const { replicas, current } = await resourceUse(name, "", target, env);
  return {
    replicas,
    name: `${name} resource${current.averageUtilization === undefined ? "" : OF_REQUEST}`,
    status: { type: "Resource", resource: { name, current } },
  };
}

async function containerResourceMetric(
  { name, container, target }: NonNullable<MetricSpec["containerResource"]>,
  env: MetricEnvironment,
): Promise<MetricResult> {
  const { replicas, current } = await resourceUse(name, container, target, env);
  return {
    replicas,
    name: current.averageUtilization === undefined ? `${name} resource` : `${name} container resource${OF_REQUEST}`,
    status: { type: "ContainerResource", containerResource: { name, container, current } },
  };
}

const OF_REQUEST = " utilization (percentage of request)";

/** (computeStatusForResourceMetricGeneric) */
async function resourceUse(
  resource: string,
  container: string,
  target: MetricTarget,
  env: MetricEnvironment,
): Promise<{ replicas: number; current: MetricValueStatus }> {
  const format = resource === "memory" ? "BinarySI" : "DecimalSI";
  const read = () =>
    prefixed(`unable to get metrics for resource ${resource}`, () =>
      env.metrics.resource(resource, env.namespace, env.selector, container),
    );
  const { averageValue, averageUtilization: percent } = target;
  if (averageValue !== undefined) {
    const { replicas, usage } = await prefixed(`failed to get ${resource} usage`, async () => {
      const wanted = { resource, usage: milliValue(averageValue) };
      return replicasForMean(await read(), wanted, circumstances(env), env.delays);
    });
    return { replicas, current: { averageValue: milliQuantity(usage, format) } };
  }
  if (percent === undefined)
    throw new Error(
      "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set",
    );
  const found = await prefixed(`failed to get ${resource} utilization`, async () =>
    replicasForUtilization(await read(), { resource, container, percent }, circumstances(env), env.delays),
  );
  const averageUsage = milliQuantity(found.usage, format);
  return { replicas: found.replicas, current: { averageValue: averageUsage, averageUtilization: found.percent } };
}

async function externalMetric(
  { metric, target }: NonNullable<MetricSpec["external"]>,
  env: MetricEnvironment,
): Promise<MetricResult> {
  const { name, selector } = metric;
  const total = () =>
    prefixed(`unable to get external metric ${env.namespace}/${name}/${selectorAsGo(selector)}`, async () => {
      const values = await env.metrics.external(name, env.namespace, selectorText(selector));
      return Math.min(
        MAX_INT64,
        values.reduce((sum, value) => sum + value, 0),
      );
    });
  const result = (current: MetricValueStatus, replicas: number): MetricResult => ({
    replicas,
    name: externalName(metric),
    status: { type: "External", external: { metric, current } },
  });
  const { averageValue, value } = target;
  if (averageValue !== undefined) {
    const usage = await heralded(`failed to get ${name} external metric`, total);
    const proposal = replicasForShare(usage, milliValue(averageValue), shareOf(env));
    return result({ averageValue: milliQuantity(proposal.usage) }, proposal.replicas);
  }
  if (value !== undefined) {
    const proposal = await heralded(`failed to get external metric ${name}`, async () =>
      replicasForValue(await total(), milliValue(value), circumstances(env)),
    );
    return result({ value: milliQuantity(proposal.usage) }, proposal.replicas);
  }
  throw new Error("invalid external metric source: neither a value target nor an average value target was set");
}

const shareOf = ({ statusReplicas, tolerances }: MetricEnvironment) => ({ replicas: statusReplicas, tolerances });

/** Objects' averages are called external as well. */
const externalName = ({ name, selector }: { name: string; selector?: LabelSelector }) =>
  `external metric ${name}(${selectorAsGo(selector)})`;

async function prefixed<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${prefix}: ${textOf(error)}`, { cause: error });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

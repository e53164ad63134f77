import {
  type Client,
  type Clock,
  isConflict,
  type Key,
  keyOf,
  type Lister,
  sleep,
  timestamp,
} from "../../client/index.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from "../../openapi/api/autoscaling.v2.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { LabelSelector } from "../../openapi/api/meta.k8s.io.v1.ts";
import { sameStatus } from "../equality.ts";
import { computeMetric, MetricError, tolerancesOf } from "./compute-metric.ts";
import type { MetricsClient } from "./metrics-client.ts";
import { type Memory, normalize, storeScaleEvent } from "./normalize.ts";
import { findScale, groupOf, type Mapper, type ScaleTarget } from "./scale-target.ts";
import { podsOfTarget, SelectorError } from "./target-pods.ts";

const RESOURCE = "autoscaling/v2/horizontalpodautoscalers";
/** Tries of a write that others come before, and the pause between. (retry.DefaultRetry) */
const TRIES = 5;
const PAUSE_MS = 10;

/** What kube-controller-manager's flags `--horizontal-pod-autoscaler-…` say. */
export interface AutoscalerSettings {
  syncPeriodMs: number;
  downscaleStabilizationMs: number;
  tolerance: number;
  cpuInitializationMs: number;
  initialReadinessMs: number;
  /** How many are reconciled at once. */
  workers: number;
}

/** What is remembered between rounds, by key. */
export interface State {
  memories: Map<Key, Memory>;
  /** Of the targets; a key without one is known, but its target has not been seen. */
  selectors: Map<Key, LabelSelector | undefined>;
}

/** What a round works with. */
export interface Environment {
  client: Client;
  clock: Clock;
  metrics: MetricsClient;
  mapper: Mapper;
  settings: AutoscalerSettings;
  pods: Lister<Pod>;
  event(about: HorizontalPodAutoscaler, type: "Normal" | "Warning", reason: string, message: string): void;
}

/**
 * One round of one autoscaler: looks at metrics, scales, and says in its status and in events what it did. Follows
 * pkg/controller/podautoscaler reconcileAutoscaler.
 * @throws Error when the round failed, after the status says so
 */
export async function reconcile(hpa: Readonly<HorizontalPodAutoscaler>, env: Environment, state: State): Promise<void> {
  const round = new Round(hpa, env, state);
  await round.run();
}

class Round {
  readonly #old: Readonly<HorizontalPodAutoscaler>;
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #env: Environment;
  readonly #state: State;
  readonly #key: Key;
  readonly #now: Date;

  constructor(hpa: Readonly<HorizontalPodAutoscaler>, env: Environment, state: State) {
    this.#old = hpa;
    this.#hpa = structuredClone(hpa);
    this.#env = env;
    this.#state = state;
    this.#key = keyOf(hpa);
    this.#now = env.clock.now();
  }

  async run(): Promise<void> {
    const { spec } = this.#hpa;
    const target = await this.#target();
    const current = target.scale.spec?.replicas ?? 0;
    this.#condition(
      "AbleToScale",
      "True",
      "SucceededGetScale",
      "the HPA controller was able to get the target's current scale",
    );
    if (!this.#state.memories.has(this.#key)) {
      const recommendations = [{ replicas: current, at: this.#now.getTime() }];
      this.#state.memories.set(this.#key, { recommendations, ups: [], downs: [] });
    }
    const min = spec.minReplicas ?? 1;
    if (current === 0) {
      this.#condition(
        "ScalingActive",
        "False",
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
      );
      return this.#finish(current, 0, undefined);
    }
    if (current > spec.maxReplicas)
      return this.#rescale(target, current, spec.maxReplicas, "Current number of replicas above Spec.MaxReplicas");
    if (current < min) return this.#rescale(target, current, min, "Current number of replicas below Spec.MinReplicas");

    const found = await this.#compute(target.scale, current);
    const why = found.replicas > current ? `${found.name} above target` : "All metrics below target";
    const desired = this.#normalize(current, found.replicas, min);
    if (desired === current) await this.#finish(current, current, found.statuses);
    else await this.#rescale(target, current, desired, found.replicas === current ? "" : why, found.statuses);
    if (found.error) throw found.error;
  }

  async #target(): Promise<ScaleTarget> {
    const { metadata, spec } = this.#hpa;
    const { apiVersion = "", kind, name } = spec.scaleTargetRef;
    try {
      const resources = await this.#env.mapper.resources(groupOf(apiVersion), kind);
      return await findScale(this.#env.client, resources, { namespace: metadata.namespace ?? "", name });
    } catch (error) {
      const problem = textOf(error);
      this.#tell("Warning", "FailedGetScale", problem);
      const message = `the HPA controller was unable to get the target's current scale: ${problem}`;
      this.#condition("AbleToScale", "False", "FailedGetScale", message);
      await this.#write();
      throw error;
    }
  }

  /** The most that any metric asks for. With a metric missing it never scales down. (computeReplicasForMetrics) */
  async #compute({ status, spec }: ScaleTarget["scale"], current: number) {
    const { metrics = [] } = this.#hpa.spec;
    let statuses: MetricStatus[] = [];
    try {
      const selector = status?.selector ?? "";
      const pods = this.#selectedPods(selector);
      // Metrics that fail have a status without anything in it.
      statuses = metrics.map(() => ({ type: "" }));
      const env = {
        ...this.#env,
        delays: this.#env.settings,
        tolerances: tolerancesOf(this.#hpa, this.#env.settings.tolerance),
        now: this.#now,
        namespace: this.#hpa.metadata.namespace ?? "",
        selector,
        pods,
        specReplicas: spec?.replicas ?? 0,
        statusReplicas: status?.replicas ?? 0,
      };
      const errors: MetricError[] = [];
      let best = { replicas: 0, name: "" };
      for (const [index, metric] of metrics.entries()) {
        try {
          const result = await computeMetric(metric, env);
          statuses[index] = result.status;
          if (best.replicas === 0 || result.replicas > best.replicas) best = result;
        } catch (error) {
          if (!(error instanceof MetricError)) throw error;
          this.#tell("Warning", error.reason, error.problem);
          errors.push(error);
        }
      }
      const [first] = errors;
      const text = `invalid metrics (${errors.length} invalid out of ${metrics.length}), first error is: ${first?.message}`;
      const error = first && new Error(text, { cause: first });
      if (first && (errors.length >= metrics.length || best.replicas < current)) {
        const message = `the HPA was unable to compute the replica count: ${first.problem}`;
        this.#condition("ScalingActive", "False", first.reason, message);
        throw error;
      }
      const message = `the HPA was able to successfully calculate a replica count from ${best.name}`;
      this.#condition("ScalingActive", "True", "ValidMetricFound", message);
      return { replicas: best.replicas, name: best.name, statuses, error };
    } catch (error) {
      this.#setStatus(current, this.#hpa.status.desiredReplicas, statuses);
      await this.#write();
      this.#tell("Warning", "FailedComputeMetricsReplicas", textOf(error));
      throw error;
    }
  }

  /** @throws Error in upstream's words, once the condition and an event say so */
  #selectedPods(text: string): Readonly<Pod>[] {
    try {
      return podsOfTarget(text, this.#key, this.#state.selectors, this.#env.pods);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      this.#tell("Warning", error.event, error.message);
      this.#condition("ScalingActive", "False", error.reason, error.condition);
      throw error;
    }
  }

  #memory(): Memory {
    return this.#state.memories.get(this.#key) ?? { recommendations: [], ups: [], downs: [] };
  }

  #normalize(current: number, desired: number, min: number): number {
    const { behavior, maxReplicas: max } = this.#hpa.spec;
    const { downscaleStabilizationMs } = this.#env.settings;
    const wish = { current, desired, min, max, downscaleStabilizationMs, now: this.#now };
    const { replicas, stabilized, limited } = normalize(behavior, this.#memory(), wish);
    this.#condition("AbleToScale", "True", stabilized.reason, stabilized.message);
    this.#condition("ScalingLimited", limited.status, limited.reason, limited.message);
    return replicas;
  }

  async #rescale(target: ScaleTarget, from: number, to: number, why: string, statuses?: MetricStatus[]): Promise<void> {
    try {
      await this.#scaleTo(target, to);
    } catch (error) {
      const problem = textOf(error);
      this.#tell("Warning", "FailedRescale", `New size: ${to}; reason: ${why}; error: ${problem}`);
      const message = `the HPA controller was unable to update the target scale: ${problem}`;
      this.#condition("AbleToScale", "False", "FailedUpdateScale", message);
      this.#setStatus(from, this.#hpa.status.desiredReplicas, statuses);
      await this.#write();
      throw error;
    }
    this.#condition(
      "AbleToScale",
      "True",
      "SucceededRescale",
      `the HPA controller was able to update the target scale to ${to}`,
    );
    this.#tell("Normal", "SuccessfulRescale", `New size: ${to}; reason: ${why}`);
    storeScaleEvent(this.#hpa.spec.behavior, this.#memory(), { from, to, now: this.#now });
    this.#hpa.status.lastScaleTime = timestamp(this.#now);
    await this.#finish(from, to, statuses);
  }

  async #scaleTo(target: ScaleTarget, replicas: number): Promise<void> {
    let { scale } = target;
    for (let left = TRIES - 1; ; left--) {
      try {
        return await target.write({ ...scale, spec: { ...scale.spec, replicas } });
      } catch (error) {
        if (!isConflict(error) || !left) throw error;
        await sleep(this.#env.clock, PAUSE_MS);
        scale = await target.read();
      }
    }
  }

  async #finish(current: number, desired: number, statuses: MetricStatus[] | undefined): Promise<void> {
    this.#setStatus(current, desired, statuses);
    await this.#write();
  }

  #setStatus(currentReplicas: number, desiredReplicas: number, currentMetrics: MetricStatus[] | undefined): void {
    const { lastScaleTime, conditions } = this.#hpa.status;
    const status: HorizontalPodAutoscalerStatus = { desiredReplicas };
    if (currentReplicas) status.currentReplicas = currentReplicas;
    if (lastScaleTime) status.lastScaleTime = lastScaleTime;
    if (currentMetrics?.length) status.currentMetrics = currentMetrics;
    if (conditions) status.conditions = conditions;
    this.#hpa.status = status;
  }

  /** In place, and its time of transition only with its status: reasons of a status come and go. */
  #condition(type: string, status: "True" | "False", reason: string, message: string): void {
    const { conditions = [] } = this.#hpa.status;
    const old = conditions.find((one) => one.type === type);
    const since = old?.status === status ? old.lastTransitionTime : timestamp(this.#now);
    const condition: HorizontalPodAutoscalerCondition = { type, status, lastTransitionTime: since, reason, message };
    this.#hpa.status.conditions = old
      ? conditions.map((one) => (one === old ? condition : one))
      : [...conditions, condition];
  }

  async #write(): Promise<void> {
    if (sameStatus(this.#old.status, this.#hpa.status)) return;
    try {
      await this.#env.client.updateStatus(RESOURCE, this.#hpa);
    } catch (error) {
      this.#tell("Warning", "FailedUpdateStatus", textOf(error));
      throw error;
    }
  }

  #tell(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#env.event(this.#hpa, type, reason, message);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

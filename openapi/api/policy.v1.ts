// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { IntOrString } from "./apimachinery.ts";
import type { Condition, DeleteOptions, LabelSelector, ListMeta, ObjectMeta, Time } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.policy.v1.Eviction */
export interface Eviction {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  deleteOptions?: DeleteOptions;
}

/** io.k8s.api.policy.v1.PodDisruptionBudget */
export interface PodDisruptionBudget {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  spec: PodDisruptionBudgetSpec;
  status: PodDisruptionBudgetStatus;
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetList */
export interface PodDisruptionBudgetList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: PodDisruptionBudget[];
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetSpec */
export interface PodDisruptionBudgetSpec {
  minAvailable?: IntOrString;
  selector?: LabelSelector;
  maxUnavailable?: IntOrString;
  unhealthyPodEvictionPolicy?: string;
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetStatus */
export interface PodDisruptionBudgetStatus {
  observedGeneration?: number;
  disruptedPods?: Record<string, Time>;
  disruptionsAllowed: number;
  currentHealthy: number;
  desiredHealthy: number;
  expectedPods: number;
  conditions?: Condition[];
}

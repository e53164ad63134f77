// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { ListMeta, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.scheduling.v1.PriorityClass */
export interface PriorityClass {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  value: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
}

/** io.k8s.api.scheduling.v1.PriorityClassList */
export interface PriorityClassList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: PriorityClass[];
}

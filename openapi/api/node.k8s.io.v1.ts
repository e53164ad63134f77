// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { Quantity } from "./apimachinery.ts";
import type { Toleration } from "./core.v1.ts";
import type { ListMeta, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.node.v1.Overhead */
export interface Overhead {
  podFixed?: Record<string, Quantity>;
}

/** io.k8s.api.node.v1.RuntimeClass */
export interface RuntimeClass {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  handler: string;
  overhead?: Overhead;
  scheduling?: Scheduling;
}

/** io.k8s.api.node.v1.RuntimeClassList */
export interface RuntimeClassList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: RuntimeClass[];
}

/** io.k8s.api.node.v1.Scheduling */
export interface Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

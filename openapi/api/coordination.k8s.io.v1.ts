// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { ListMeta, MicroTime, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.coordination.v1.Lease */
export interface Lease {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  spec: LeaseSpec;
}

/** io.k8s.api.coordination.v1.LeaseList */
export interface LeaseList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: Lease[];
}

/** io.k8s.api.coordination.v1.LeaseSpec */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: MicroTime;
  renewTime?: MicroTime;
  leaseTransitions?: number;
  strategy?: string;
  preferredHolder?: string;
}

// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { RawExtension } from "./apimachinery.ts";
import type { UserInfo } from "./authentication.k8s.io.v1.ts";
import type { GroupVersionKind, GroupVersionResource, Status } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.admission.v1.AdmissionRequest */
export interface AdmissionRequest {
  uid: string;
  kind: GroupVersionKind;
  resource: GroupVersionResource;
  subResource?: string;
  requestKind?: GroupVersionKind;
  requestResource?: GroupVersionResource;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation: string;
  userInfo: UserInfo;
  object?: RawExtension;
  oldObject?: RawExtension;
  dryRun?: boolean;
  options?: RawExtension;
}

/** io.k8s.api.admission.v1.AdmissionResponse */
export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: Status;
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

/** io.k8s.api.admission.v1.AdmissionReview */
export interface AdmissionReview {
  kind?: string;
  apiVersion?: string;
  request?: AdmissionRequest;
  response?: AdmissionResponse;
}

// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { Unknown } from "./apimachinery.ts";
import type { UserInfo } from "./authentication.k8s.io.v1.ts";
import type { ListMeta, MicroTime, ObjectMeta, Status } from "./meta.k8s.io.v1.ts";

/** io.k8s.apiserver.pkg.apis.audit.v1.AuthenticationMetadata */
export interface AuthenticationMetadata {
  impersonationConstraint?: string;
}

/** io.k8s.apiserver.pkg.apis.audit.v1.Event */
export interface Event {
  kind?: string;
  apiVersion?: string;
  level: string;
  auditID: string;
  stage: string;
  requestURI: string;
  verb: string;
  user: UserInfo;
  impersonatedUser?: UserInfo;
  authenticationMetadata?: AuthenticationMetadata;
  sourceIPs?: string[];
  userAgent?: string;
  objectRef?: ObjectReference;
  responseStatus?: Status;
  requestObject?: Unknown;
  responseObject?: Unknown;
  requestReceivedTimestamp?: MicroTime;
  stageTimestamp?: MicroTime;
  annotations?: Record<string, string>;
}

/** io.k8s.apiserver.pkg.apis.audit.v1.EventList */
export interface EventList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: Event[];
}

/** io.k8s.apiserver.pkg.apis.audit.v1.GroupResources */
export interface GroupResources {
  group?: string;
  resources?: string[];
  resourceNames?: string[];
}

/** io.k8s.apiserver.pkg.apis.audit.v1.ObjectReference */
export interface ObjectReference {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  resourceVersion?: string;
  subresource?: string;
}

/** io.k8s.apiserver.pkg.apis.audit.v1.Policy */
export interface Policy {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[];
  omitStages?: string[];
  omitManagedFields?: boolean;
}

/** io.k8s.apiserver.pkg.apis.audit.v1.PolicyList */
export interface PolicyList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: Policy[];
}

/** io.k8s.apiserver.pkg.apis.audit.v1.PolicyRule */
export interface PolicyRule {
  level: string;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: GroupResources[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: string[];
  omitManagedFields?: boolean;
}

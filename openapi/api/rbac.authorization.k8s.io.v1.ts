// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { LabelSelector, ListMeta, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.rbac.v1.AggregationRule */
export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[];
}

/** io.k8s.api.rbac.v1.ClusterRole */
export interface ClusterRole {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[];
  aggregationRule?: AggregationRule;
}

/** io.k8s.api.rbac.v1.ClusterRoleBinding */
export interface ClusterRoleBinding {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** io.k8s.api.rbac.v1.ClusterRoleBindingList */
export interface ClusterRoleBindingList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: ClusterRoleBinding[];
}

/** io.k8s.api.rbac.v1.ClusterRoleList */
export interface ClusterRoleList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: ClusterRole[];
}

/** io.k8s.api.rbac.v1.PolicyRule */
export interface PolicyRule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.rbac.v1.Role */
export interface Role {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[];
}

/** io.k8s.api.rbac.v1.RoleBinding */
export interface RoleBinding {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** io.k8s.api.rbac.v1.RoleBindingList */
export interface RoleBindingList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: RoleBinding[];
}

/** io.k8s.api.rbac.v1.RoleList */
export interface RoleList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: Role[];
}

/** io.k8s.api.rbac.v1.RoleRef */
export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

/** io.k8s.api.rbac.v1.Subject */
export interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

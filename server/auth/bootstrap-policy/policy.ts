import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { readFacts } from "../../../openapi/types.ts";

/** Roles and bindings that every cluster starts with. (plugin/pkg/auth/authorizer/rbac/bootstrappolicy) */
export interface BootstrapPolicy {
  readonly clusterroles: readonly ClusterRole[];
  readonly clusterrolebindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly rolebindings: readonly RoleBinding[];
}

let policy: BootstrapPolicy | undefined;

/** Read when first asked for. */
export function bootstrapPolicy(): BootstrapPolicy {
  // The cast is of our own file.
  policy ??= readFacts("rbac-policy") as BootstrapPolicy;
  return policy;
}

/** What all nodes may do alike: the rules of system:node. */
export function nodeRules(): readonly PolicyRule[] {
  return bootstrapPolicy().clusterroles.find(({ metadata }) => metadata.name === "system:node")?.rules ?? [];
}

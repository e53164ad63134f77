import type { ClusterRoleBinding } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { defineKind } from "../kind.ts";
import { bindingColumns, defaultBinding, GROUP, validateBinding, validateBindingUpdate } from "./bindings.ts";
import { changesOnlyGcFields } from "./gc-fields.ts";

/** ClusterRoleBinding, rbac.authorization.k8s.io/v1. Follows pkg/registry/rbac/clusterrolebinding and pkg/apis/rbac/validation. */
export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: GROUP,
  version: "v1",
  kind: "ClusterRoleBinding",
  allowCreateOnUpdate: true,
  defaults: defaultBinding,
  async authorizeWrite(obj, old, { user, services }, request) {
    if (old && changesOnlyGcFields(obj, old)) return;
    const write = { user, resource: "clusterrolebindings", namespace: "" };
    const names = { objectName: obj.metadata.name ?? "", requestName: request.name };
    await services.escalation.checkBinding({ ...write, ...names }, obj.roleRef);
  },
  validate: (obj) => validateBinding(obj, false),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (obj, old) => validateBindingUpdate(obj, old, false),
  columns: bindingColumns,
});

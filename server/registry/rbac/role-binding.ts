import type { RoleBinding } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { defineKind } from "../kind.ts";
import { bindingColumns, defaultBinding, GROUP, validateBinding, validateBindingUpdate } from "./bindings.ts";
import { changesOnlyGcFields } from "./gc-fields.ts";

/** RoleBinding, rbac.authorization.k8s.io/v1. Follows pkg/registry/rbac/rolebinding and pkg/apis/rbac/validation. */
export const roleBinding = defineKind<RoleBinding>({
  group: GROUP,
  version: "v1",
  kind: "RoleBinding",
  allowCreateOnUpdate: true,
  defaults: defaultBinding,
  async authorizeWrite(obj, old, { user, services }, request) {
    if (old && changesOnlyGcFields(obj, old)) return;
    const write = { user, resource: "rolebindings", namespace: request.namespace };
    const names = { objectName: obj.metadata.name ?? "", requestName: request.name };
    await services.escalation.checkBinding({ ...write, ...names }, obj.roleRef);
  },
  validate: (obj) => validateBinding(obj, true),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (obj, old) => validateBindingUpdate(obj, old, true),
  columns: bindingColumns,
});

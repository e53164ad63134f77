import type { Role } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { defineKind } from "../kind.ts";
import { changesOnlyGcFields } from "./gc-fields.ts";
import { validateRules, withoutEmptyRules } from "./policy-rules.ts";

/** Role, rbac.authorization.k8s.io/v1. Follows pkg/registry/rbac/role and pkg/apis/rbac/validation. */
export const role = defineKind<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  allowCreateOnUpdate: true,
  async authorizeWrite(obj, old, { user, services }, request) {
    if (old && changesOnlyGcFields(obj, old)) return;
    const write = { user, resource: "roles", namespace: request.namespace };
    const names = { objectName: obj.metadata.name ?? "", requestName: request.name };
    await services.escalation.checkRole({ ...write, ...names }, obj.rules ?? [], false);
  },
  canonicalize: withoutEmptyRules,
  validate: ({ rules }) => validateRules(rules, true),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: ({ rules }) => validateRules(rules, true),
});

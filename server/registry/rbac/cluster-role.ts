import type { ClusterRole } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { hasInvalidLabelValue, validateLabelSelector } from "../../meta/label-validation.ts";
import { type LabelSelectorFields, labelSelectorFrom } from "../../meta/labels.ts";
import { defineKind } from "../kind.ts";
import { changesOnlyGcFields } from "./gc-fields.ts";
import { validateRules, withoutEmptyRules } from "./policy-rules.ts";

/** ClusterRole, rbac.authorization.k8s.io/v1. Follows pkg/registry/rbac/clusterrole and pkg/apis/rbac/validation. */
export const clusterRole = defineKind<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  allowCreateOnUpdate: true,
  async authorizeWrite(obj, old, { user, services }, request) {
    if (old && changesOnlyGcFields(obj, old)) return;
    const write = { user, resource: "clusterroles", namespace: "" };
    const names = { objectName: obj.metadata.name ?? "", requestName: request.name };
    await services.escalation.checkRole({ ...write, ...names }, obj.rules ?? [], aggregates(obj) || aggregates(old));
  },
  canonicalize: withoutEmptyRules,
  validate: (obj) => validate(obj, false),
  updateChecks: ["whole", "own", "changes"],
  validateUpdate: (obj, old) =>
    validate(obj, (old.aggregationRule?.clusterRoleSelectors ?? []).some(hasInvalidLabelValue)),
});

const aggregates = (role: ClusterRole | undefined): boolean =>
  (role?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;

function validate({ rules, aggregationRule }: ClusterRole, invalidLabelValues: boolean): FieldError[] {
  const errors = validateRules(rules, false);
  if (!aggregationRule) return errors;
  const field = "aggregationRule.clusterRoleSelectors";
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (!selectors.length) {
    errors.push(fieldRequired(field, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  }
  for (const [index, selector] of selectors.entries()) {
    const path = `${field}[${index}]`;
    errors.push(...validateLabelSelector(selector, { invalidLabelValues }, path));
    // Upstream prints the selector that could not be made: null.
    if (!isSelector(selector)) errors.push(fieldInvalid(path, null, "invalid label selector."));
  }
  return errors;
}

function isSelector(selector: LabelSelectorFields): boolean {
  try {
    labelSelectorFrom(selector);
    return true;
  } catch {
    return false;
  }
}

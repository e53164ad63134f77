import type { PolicyRule } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";

/** Rules of a Role or ClusterRole. (pkg/apis/rbac/validation ValidatePolicyRule) */
export function validateRules(rules: readonly PolicyRule[] = [], namespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`));
}

/** No rules are `null` when read back: upstream keeps them in protobuf, which has no empty lists. */
export function withoutEmptyRules(role: { rules?: PolicyRule[] }): void {
  if (role.rules?.length === 0) delete role.rules;
}

function validateRule(rule: PolicyRule, namespaced: boolean, field: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if (!verbs.length) errors.push(fieldRequired(`${field}.verbs`, "verbs must contain at least one value"));
  if (nonResourceURLs.length) {
    const wrong = (detail: string) => fieldInvalid(`${field}.nonResourceURLs`, nonResourceURLs, detail);
    if (namespaced) errors.push(wrong("namespaced rules cannot apply to non-resource URLs"));
    if (apiGroups.length || resources.length || resourceNames.length) {
      errors.push(wrong("rules cannot apply to both regular resources and non-resource URLs"));
    }
    return errors;
  }
  if (!apiGroups.length) {
    errors.push(fieldRequired(`${field}.apiGroups`, "resource rules must supply at least one api group"));
  }
  if (!resources.length) {
    errors.push(fieldRequired(`${field}.resources`, "resource rules must supply at least one resource"));
  }
  return errors;
}

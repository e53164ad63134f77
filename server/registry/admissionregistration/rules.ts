import type { RuleWithOperations } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { needed, oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];

/** Of webhooks and policies. (pkg/apis/admissionregistration/validation validateRuleWithOperations) */
export function validateRule(rule: Readonly<RuleWithOperations>, field: string): FieldError[] {
  const { operations = [], apiVersions = [], scope } = rule;
  return [
    ...validateList(operations, "operations", `${field}.operations`),
    ...operations.flatMap((operation, index) => oneOf(operation, OPERATIONS, `${field}.operations[${index}]`)),
    ...validateList(rule.apiGroups, "API groups", `${field}.apiGroups`),
    ...validateList(apiVersions, "API versions", `${field}.apiVersions`),
    ...apiVersions.flatMap((version, index) => needed(version, `${field}.apiVersions[${index}]`)),
    ...validateResources(rule.resources ?? [], `${field}.resources`),
    ...oneOf(scope, SCOPES, `${field}.scope`),
  ];
}

function validateList(list: readonly string[] = [], others: string, field: string): FieldError[] {
  if (list.length === 0) return [fieldRequired(field, "")];
  if (list.length === 1 || !list.includes("*")) return [];
  return [fieldInvalid(field, list, `if '*' is present, must not specify other ${others}`)];
}

/** `resource`, `resource/subresource`, and a star in place of either. */
function validateResources(resources: readonly string[], field: string): FieldError[] {
  const errors = resources.length === 0 ? [fieldRequired(field, "")] : [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  // Upstream remembers the last one without a slash, and only that.
  let isPlain = false;
  for (const [index, text] of resources.entries()) {
    const path = `${field}[${index}]`;
    if (!text) errors.push(fieldRequired(path, ""));
    if (!text) continue;
    const slash = text.indexOf("/");
    if (slash < 0) {
      isPlain = text !== "*";
      continue;
    }
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const repeats = (pattern: string) =>
      errors.push(fieldInvalid(path, text, `if '${pattern}' is present, must not specify ${text}`));
    if (wholeResources.has(resource)) repeats(`${resource}/*`);
    if (wholeSubresources.has(subresource)) repeats(`*/${subresource}`);
    if (subresource === "*") wholeResources.add(resource);
    if (resource === "*") wholeSubresources.add(subresource);
  }
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(fieldInvalid(field, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes("*") && isPlain) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(fieldInvalid(field, resources, detail));
  }
  return errors;
}

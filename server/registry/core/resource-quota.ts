import type { ResourceQuota, ResourceQuotaSpec } from "../../../openapi/api/core.v1.ts";
import { orEmpty } from "../../../openapi/given-empty.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { getMember } from "../../meta/members.ts";
import { compareQuantities, parseQuantity } from "../../meta/quantity.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";
import { roundResources } from "./pod/resource-lists.ts";
import { validateResourceName, validateResourceQuantity } from "./pod/resource-validation.ts";

const OF_PODS = ["pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const OF_CLAIMS = ["persistentvolumeclaims", "requests.storage"];
const STANDARD = new Set([
  ...OF_PODS,
  ...OF_CLAIMS,
  "ephemeral-storage",
  "requests.ephemeral-storage",
  "limits.ephemeral-storage",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);
/** What each scope can count. */
const SCOPES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    Terminating: OF_PODS,
    NotTerminating: OF_PODS,
    BestEffort: ["pods"],
    NotBestEffort: OF_PODS,
    PriorityClass: OF_PODS,
    CrossNamespacePodAffinity: OF_PODS,
    VolumeAttributesClass: OF_CLAIMS,
  }),
);
const EXISTS_ONLY = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const CONFLICTS = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;
const EXISTS_ERROR =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/** ResourceQuota, v1. Follows pkg/registry/core/resourcequota and pkg/apis/core/validation. */
export const resourceQuota = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  returnsDeletedObject: true,
  defaults({ spec, status: current }) {
    for (const list of [spec?.hard, current?.hard, current?.used]) roundResources(list);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate: (object, old) => restore(object, old, "status"),
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate({ spec }, old) {
    const errors = validateSpec(spec);
    const scopes = (list: readonly string[] = []) => [...new Set(list)].sort();
    if (!semanticEqual(scopes(spec.scopes), scopes(old.spec.scopes))) {
      errors.push(fieldInvalid("spec.scopes", orEmpty(spec, "scopes"), "field is immutable"));
    }
    return errors;
  },
  warnings: ({ spec }, old) => (old ? [] : warningsOf(spec.hard ?? {})),
  subresources: {
    status: {
      ...status<ResourceQuota>(),
      verbs: ["get", "patch", "update"],
      validateUpdate: ({ status: { hard, used } }) => [
        ...validateAmounts(hard, "status.hard"),
        ...validateAmounts(used, "status.used"),
      ],
    },
  },
});

function validateAmounts(list: Readonly<Record<string, string>> = {}, field: string): FieldError[] {
  return Object.entries(list).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    const errors = validateResourceName(name, path);
    if (!name.includes("/") && !isStandard(name)) {
      errors.push(fieldInvalid(path, name, "must be a standard resource for quota"));
    }
    return [...errors, ...validateResourceQuantity(name, amount, path)];
  });
}

function isStandard(name: string): boolean {
  return STANDARD.has(name) || /^(requests\.)?hugepages-/.test(name);
}

function validateSpec(spec: Readonly<ResourceQuotaSpec>): FieldError[] {
  return [...validateAmounts(spec.hard, "spec.hard"), ...validateScopes(spec), ...validateScopeSelector(spec)];
}

/** How many of the resources a scope cannot count. */
function uncountable(scope: string, { hard }: Readonly<ResourceQuotaSpec>): number {
  const countable = SCOPES.get(scope);
  if (!countable) return 0;
  return Object.keys(hard ?? {}).filter((name) => isStandard(name) && !countable.includes(name)).length;
}

function conflictsOf(scopes: readonly string[]): number {
  return CONFLICTS.filter(([a, b]) => scopes.includes(a) && scopes.includes(b)).length;
}

function validateScopes(spec: Readonly<ResourceQuotaSpec>): FieldError[] {
  const { scopes = [] } = spec;
  const wrong = (detail: string, times: number): FieldError[] =>
    Array.from({ length: times }, () => fieldInvalid("spec.scopes", scopes, detail));
  return [
    ...scopes.flatMap((scope) => [
      ...wrong("unsupported scope", SCOPES.get(scope) ? 0 : 1),
      ...wrong("unsupported scope applied to resource", uncountable(scope, spec)),
    ]),
    ...wrong("conflicting scopes", conflictsOf(scopes)),
  ];
}

function validateScopeSelector(spec: Readonly<ResourceQuotaSpec>): FieldError[] {
  const field = "spec.scopeSelector.matchExpressions";
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  const errors: FieldError[] = [];
  // The names are those of the Go types.
  const shown = {
    MatchExpressions: expressions.map((expression) => ({
      ScopeName: expression.scopeName,
      Operator: expression.operator,
      Values: orEmpty(expression, "values") ?? null,
    })),
  };
  for (const { scopeName, operator, values = [] } of expressions) {
    if (!SCOPES.get(scopeName)) errors.push(fieldInvalid(`${field}.scopeName`, scopeName, "unsupported scope"));
    for (let count = uncountable(scopeName, spec); count > 0; count--) {
      errors.push(fieldInvalid(field, shown, "unsupported scope applied to resource"));
    }
    if (EXISTS_ONLY.includes(scopeName) && operator !== "Exists") {
      errors.push(fieldInvalid(`${field}.operator`, operator, EXISTS_ERROR));
    }
    errors.push(...validateOperator(operator, values, field));
  }
  const conflicts = conflictsOf(expressions.map(({ scopeName }) => scopeName));
  for (let count = 0; count < conflicts; count++) errors.push(fieldInvalid(field, spec.scopes, "conflicting scopes"));
  return errors;
}

function validateOperator(operator: string, values: readonly string[], field: string): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn": {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? [] : [fieldRequired(`${field}.values`, detail)];
    }
    case "Exists":
    case "DoesNotExist": {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length > 0 ? [fieldInvalid(`${field}.values`, values, detail)] : [];
    }
    default:
      return [fieldInvalid(`${field}.operator`, operator, "not a valid selector operator")];
  }
}

function warningsOf(hard: Readonly<Record<string, string>>): string[] {
  return ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((name) => {
    const plain = name === "cpu" || name === "memory" ? [name] : [];
    const request = [`requests.${name}`, ...plain].find((key) => getMember(hard, key) !== undefined);
    const limit = `limits.${name}`;
    const [asked, most] = [request && getMember(hard, request), getMember(hard, limit)];
    if (!asked || !most || compareQuantities(parseQuantity(asked), parseQuantity(most)) <= 0) return [];
    return [`ResourceQuota ${request} (${asked}) should be less than ${limit} (${most})`];
  });
}

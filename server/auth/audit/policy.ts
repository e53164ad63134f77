import {
  aggregateMessage,
  type FieldError,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import type { Attributes } from "../authorizer.ts";

export const LEVELS = ["None", "Metadata", "Request", "RequestResponse"] as const;
export const STAGES = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type AuditLevel = (typeof LEVELS)[number];
export type AuditStage = (typeof STAGES)[number];

/** audit.k8s.io/v1 Policy. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group?: string;
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What is written of one request. */
export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** `--audit-policy-file`, parsed. @throws Error that names the fields (apiserver/pkg/audit/policy/reader.go) */
export function readAuditPolicy(value: unknown): AuditPolicy {
  // Checked field by field right below.
  const policy = (value ?? {}) as AuditPolicy & { kind?: string; apiVersion?: string };
  if (policy.kind !== "Policy" || policy.apiVersion !== "audit.k8s.io/v1") {
    throw new Error(`failed decoding: no kind "${policy.kind}" is registered for version "${policy.apiVersion}"`);
  }
  const rules = policy.rules ?? [];
  if (!rules.length) throw new Error("loaded illegal policy with 0 rules");
  const own = (policy.omitStages ?? []).flatMap((stage, i) => validateStage(stage, `omitStages[${i}]`));
  const errors = [...own, ...rules.flatMap((rule, i) => validateRule(rule, `rules[${i}]`))];
  if (errors.length) throw new Error(aggregateMessage(errors));
  return { ...policy, rules };
}

function validateRule(rule: AuditRule, field: string): FieldError[] {
  const { level, nonResourceURLs = [], resources = [], namespaces = [], omitStages = [] } = rule;
  const errors: FieldError[] = [];
  if (!level) errors.push(fieldRequired(`${field}.level`, ""));
  else if (!LEVELS.includes(level)) errors.push(fieldNotSupported(`${field}.level`, level, LEVELS));
  nonResourceURLs.forEach((url, i) => {
    const wrong = (detail: string) => errors.push(fieldInvalid(`${field}.nonResourceURLs[${i}]`, url, detail));
    if (url === "*") return;
    if (!url.startsWith("/")) wrong("non-resource URL rules must begin with a '/' character");
    if (url.slice(0, -1).includes("*")) wrong("non-resource URL wildcards '*' must be the final character of the rule");
  });
  for (const { resourceNames = [], resources: names = [] } of resources) {
    if (resourceNames.length && !names.length) {
      const detail = "using resourceNames requires at least one resource";
      errors.push(fieldInvalid(`${field}.resources.resourceNames`, resourceNames, detail));
    }
  }
  errors.push(...omitStages.flatMap((stage, i) => validateStage(stage, `${field}.omitStages[${i}]`)));
  if (nonResourceURLs.length && (resources.length || namespaces.length)) {
    const detail = "rules cannot apply to both regular resources and non-resource URLs";
    errors.push(fieldInvalid(`${field}.nonResourceURLs`, nonResourceURLs, detail));
  }
  return errors;
}

const validateStage = (stage: AuditStage, field: string): FieldError[] =>
  STAGES.includes(stage) ? [] : [fieldInvalid(field, stage, `allowed stages are ${STAGES.join(",")}`)];

/** The first rule that fits decides; none means nothing is written. (apiserver/pkg/audit/policy/checker.go) */
export function auditDecision(policy: AuditPolicy, attributes: Attributes): AuditDecision {
  const rule = policy.rules.find((candidate) => fits(candidate, attributes));
  return {
    level: rule?.level ?? "None",
    omitStages: [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function fits(rule: AuditRule, attributes: Attributes): boolean {
  const { users = [], userGroups = [], verbs = [], resources = [], namespaces = [], nonResourceURLs = [] } = rule;
  const { user, verb } = attributes;
  if (users.length && !users.includes(user.name)) return false;
  if (userGroups.length && !user.groups.some((group) => userGroups.includes(group))) return false;
  if (verbs.length && !verbs.includes(verb)) return false;
  if (namespaces.length || resources.length) {
    if (!attributes.resourceRequest) return false;
    if (namespaces.length && !namespaces.includes(attributes.namespace)) return false;
    return !resources.length || resources.some((entry) => fitsResource(entry, attributes));
  }
  if (!nonResourceURLs.length) return true;
  return !attributes.resourceRequest && nonResourceURLs.some((url) => fitsPath(url, attributes.path));
}

function fitsResource(entry: NonNullable<AuditRule["resources"]>[number], attributes: Attributes): boolean {
  const { group = "", resources = [], resourceNames = [] } = entry;
  const { resource, subresource, name } = attributes;
  if (group !== "*" && group !== attributes.group) return false;
  if (!resources.length) return true;
  if (resourceNames.length && !resourceNames.includes(name)) return false;
  const whole = subresource ? `${resource}/${subresource}` : resource;
  const good = ["*", whole, `${resource}/*`, ...(subresource ? [`*/${subresource}`] : [])];
  return resources.some((wanted) => good.includes(wanted));
}

const fitsPath = (spec: string, path: string): boolean =>
  spec === "*" || spec === path || (spec.endsWith("*") && path.startsWith(spec.replace(/\*+$/, "")));

import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { dnsLabel, dnsSubdomain, invalidEach, needed, neededBy } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { validateDNS1123Label } from "../../meta/names.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { validateConditions } from "./conditions.ts";
import { mandatorySpec } from "./mandatory.ts";

const DEFAULT_PRECEDENCE = 1000;
const MAX_PRECEDENCE = 10_000;
const METHODS = ["ByNamespace", "ByUser"];
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const SUBJECTS = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;

/** FlowSchema, flowcontrol.apiserver.k8s.io/v1. Follows pkg/registry/flowcontrol/flowschema and pkg/apis/flowcontrol. */
export const flowSchema = defineKind<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  defaults({ spec }) {
    spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
  },
  prepareForCreate(object) {
    object.status = {};
    object.metadata.generation = 1;
  },
  prepareForUpdate(object, old) {
    bumpGeneration(object, old);
    restore(object, old, "status");
  },
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
  subresources: {
    status: {
      ...status<FlowSchema>({ keep: ["labels", "annotations", "ownerReferences", "finalizers"] }),
      verbs: ["get", "patch", "update"],
      updateChecks: ["own"],
      validateUpdate: (object) => validateConditions(object.status.conditions),
    },
  },
});

function validate({ metadata: { name = "" }, spec, status: current }: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec;
  const errors: FieldError[] = [];
  const wrong = (detail: string) => errors.push(fieldInvalid("spec.matchingPrecedence", precedence, detail));
  if (precedence <= 0) wrong("must be a positive value");
  if (precedence > MAX_PRECEDENCE) wrong(`must not be greater than ${MAX_PRECEDENCE}`);
  if (precedence === 1 && name !== "exempt") wrong("only the schema named 'exempt' may have matchingPrecedence 1");
  if (distinguisherMethod && !METHODS.includes(distinguisherMethod.type)) {
    // The name is that of the Go type.
    errors.push(fieldNotSupported("spec.distinguisherMethod.type", { Type: distinguisherMethod.type }, METHODS));
  }
  const level = priorityLevelConfiguration.name;
  const field = "spec.priorityLevelConfiguration.name";
  errors.push(...(level ? dnsSubdomain(level, field) : [fieldRequired(field, "must reference a priority level")]));
  errors.push(...rules.flatMap((rule, index) => validateRules(rule, `spec.rules[${index}]`)));
  const mandatory = mandatorySpec("flowschemas", name);
  if (mandatory && !semanticEqual(spec, mandatory)) {
    errors.push(
      fieldInvalid(
        "spec",
        internalForm("flowcontrol.FlowSchemaSpec", spec),
        `spec of '${name}' must equal the fixed value`,
      ),
    );
  }
  return [...errors, ...validateConditions(current?.conditions)];
}

function validateRules(rule: Readonly<PolicyRulesWithSubjects>, field: string): FieldError[] {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rule;
  const errors = subjects?.length
    ? subjects.flatMap((subject, index) => validateSubject(subject, `${field}.subjects[${index}]`))
    : [fieldRequired(`${field}.subjects`, "subjects must contain at least one value")];
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(fieldRequired(field, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  return [
    ...errors,
    ...resourceRules.flatMap((each, index) => validateResourceRule(each, `${field}.resourceRules[${index}]`)),
    ...nonResourceRules.flatMap((each, index) => validateNonResourceRule(each, `${field}.nonResourceRules[${index}]`)),
  ];
}

function validateSubject(subject: Readonly<Subject>, field: string): FieldError[] {
  const { kind } = subject;
  if (!Object.hasOwn(SUBJECTS, kind)) {
    return [fieldNotSupported(`${field}.kind`, kind, ["Group", "ServiceAccount", "User"])];
  }
  const own = SUBJECTS[kind as keyof typeof SUBJECTS]; // checked just above
  const errors = subject[own]
    ? validateSubjectName(subject, own, `${field}.${own}`)
    : [fieldRequired(`${field}.${own}`, `${own} is required when subject kind is '${kind}'`)];
  for (const [otherKind, other] of Object.entries(SUBJECTS)) {
    if (other === own || subject[other] === undefined) continue;
    errors.push(fieldForbidden(`${field}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
  }
  return errors;
}

function validateSubjectName(
  { serviceAccount, user, group }: Readonly<Subject>,
  own: (typeof SUBJECTS)[keyof typeof SUBJECTS],
  field: string,
): FieldError[] {
  if (own !== "serviceAccount") return needed((own === "user" ? user : group)?.name, `${field}.name`);
  const { name, namespace } = serviceAccount ?? {};
  return [
    ...(name === "*" ? [] : neededBy(name, dnsSubdomain, `${field}.name`)),
    ...(namespace
      ? dnsLabel(namespace, `${field}.namespace`)
      : [fieldRequired(`${field}.namespace`, "must specify namespace for service account")]),
  ];
}

function validateVerbs(verbs: readonly string[] | undefined, field: string): FieldError[] {
  if (!verbs?.length) return [fieldRequired(field, "verbs must contain at least one value")];
  if (verbs.includes("*")) {
    return verbs.length > 1 ? [fieldInvalid(field, verbs, "if '*' is present, must not specify other verbs")] : [];
  }
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [fieldNotSupported(field, verbs, VERBS)];
}

function validateNonResourceRule(
  { verbs, nonResourceURLs }: Readonly<NonResourcePolicyRule>,
  parent: string,
): FieldError[] {
  const errors = validateVerbs(verbs, `${parent}.verbs`);
  const field = `${parent}.nonResourceURLs`;
  if (!nonResourceURLs?.length) {
    return [...errors, fieldRequired(field, "nonResourceURLs must contain at least one value")];
  }
  if (nonResourceURLs.includes("*")) {
    const detail = "if '*' is present, must not specify other non-resource URLs";
    return nonResourceURLs.length > 1 ? [...errors, fieldInvalid(field, nonResourceURLs, detail)] : errors;
  }
  return [...errors, ...nonResourceURLs.flatMap((url, index) => validateUrl(url, `${field}[${index}]`))];
}

function validateUrl(url: string, field: string): FieldError[] {
  const wrong = (detail: string) => [fieldInvalid(field, url, detail)];
  if (!url) return wrong("must not be empty");
  if (!url.startsWith("/")) return wrong("must start with slash");
  if (url.includes(" ")) return wrong("must not contain white-space");
  if (url.includes("//")) return wrong("must not contain double slash");
  const wildcards = url.split("*").length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith("/*")) ? wrong("wildcard can only do suffix matching") : [];
}

function validateResourceRule(rule: Readonly<ResourcePolicyRule>, field: string): FieldError[] {
  const { apiGroups, resources, namespaces = [], clusterScope = false } = rule;
  const errors = [
    ...validateVerbs(rule.verbs, `${field}.verbs`),
    ...validateMembers(
      apiGroups,
      ["resource rules must supply at least one api group", "api groups"],
      `${field}.apiGroups`,
    ),
    ...validateMembers(
      resources,
      ["resource rules must supply at least one resource", "resources"],
      `${field}.resources`,
    ),
  ];
  const path = `${field}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    const detail = "resource rules that are not cluster scoped must supply at least one namespace";
    return [...errors, fieldRequired(path, detail)];
  }
  if (namespaces.includes("*")) return [...errors, ...validateMembers(namespaces, ["", "namespaces"], path)];
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return [
    ...errors,
    ...namespaces.flatMap((name, index) =>
      invalidEach(
        name,
        validateDNS1123Label(name).map((text) => intro + text),
        `${path}[${index}]`,
      ),
    ),
  ];
}

function validateMembers(
  list: readonly string[] | undefined,
  [none, others]: readonly [string, string],
  field: string,
): FieldError[] {
  if (!list?.length) return [fieldRequired(field, none)];
  if (list.length === 1 || !list.includes("*")) return [];
  return [fieldInvalid(field, list, `if '*' is present, must not specify other ${others}`)];
}

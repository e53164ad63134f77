import type {
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  Variable,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { dnsSubdomain, neededBy, neededOneOf, oneOf, pathSegment } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { validateLabelSelector } from "../../meta/label-validation.ts";
import { validateDNS1035Label, validateDNS1123Subdomain } from "../../meta/names.ts";
import { type CheckExpression, validateExpression } from "./expressions.ts";
import { validateRule } from "./rules.ts";

export const FAILURE_POLICIES: readonly string[] = ["Fail", "Ignore"];
const MATCH_POLICIES = ["Equivalent", "Exact"];
const MUTATING_OPERATIONS = ["*", "CONNECT", "CREATE", "UPDATE"];
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** (SetDefaults_MatchResources and its rules) */
export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
}

/** (validateMatchResources) */
export function validateMatchResources(match: Readonly<MatchResources>, field: string): FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match;
  const errors = oneOf(matchPolicy, MATCH_POLICIES, `${field}.matchPolicy`);
  for (const [name, selector] of Object.entries({ namespaceSelector, objectSelector })) {
    if (selector) errors.push(...validateLabelSelector(selector, {}, `${field}.${name}`));
    else errors.push(fieldRequired(`${field}.${name}`, ""));
  }
  return [
    ...errors,
    ...resourceRules.flatMap((rule, index) => validateNamedRule(rule, `${field}.resourceRules[${index}]`)),
    ...excludeResourceRules.flatMap((rule, index) =>
      validateNamedRule(rule, `${field}.excludeResourceRules[${index}]`),
    ),
  ];
}

function validateNamedRule(rule: Readonly<NamedRuleWithOperations>, field: string): FieldError[] {
  const names = rule.resourceNames ?? [];
  return [
    ...names.flatMap((name, index) => [
      ...pathSegment(name, `${field}.resourceNames[${index}]`),
      ...(names.indexOf(name) < index ? [fieldDuplicate(`${field}.resourceNames[${index}]`, name)] : []),
    ]),
    ...validateRule(rule, field),
  ];
}

/** What matches a policy, which must say something. */
export function validateMatchConstraints(match: Readonly<MatchResources> | undefined): FieldError[] {
  const field = "spec.matchConstraints";
  if (!match) return [fieldRequired(field, "")];
  const errors = validateMatchResources(match, field);
  return match.resourceRules?.length ? errors : [...errors, fieldRequired(`${field}.resourceRules`, "")];
}

/** Deletions cannot be mutated. */
export function validateMutatingOperations(match: Readonly<MatchResources> | undefined, field: string): FieldError[] {
  const operations = (match?.resourceRules ?? []).flatMap((rule) => rule.operations ?? []);
  return operations.flatMap((operation) =>
    MUTATING_OPERATIONS.includes(operation)
      ? []
      : [fieldNotSupported(`${field}.resourceRules.operations`, operation, MUTATING_OPERATIONS)],
  );
}

/** (validateParamKind) */
export function validateParamKind({ apiVersion = "", kind = "" }: Readonly<ParamKind>): FieldError[] {
  const errors = apiVersion ? validateApiVersion(apiVersion, "spec.paramKind.apiVersion") : [];
  if (!apiVersion) errors.push(fieldRequired("spec.paramKind.apiVersion", ""));
  if (!kind) return [...errors, fieldRequired("spec.paramKind.kind", "")];
  const wrong = validateDNS1035Label(kind.toLowerCase());
  if (wrong.length === 0) return errors;
  const detail = `may have mixed case, but should otherwise match: ${wrong.join(",")}`;
  return [...errors, fieldInvalid("spec.paramKind.kind", kind, detail)];
}

function validateApiVersion(text: string, field: string): FieldError[] {
  const parts = text === "/" ? ["", ""] : text.split("/");
  if (parts.length > 2) return [fieldInvalid(field, text, `unexpected GroupVersion string: ${text}`)];
  const [version = "", group = ""] = parts.reverse();
  const wrongGroup = group ? validateDNS1123Subdomain(group) : [];
  const errors = wrongGroup.length > 0 ? [fieldInvalid(field, group, wrongGroup.join(","))] : [];
  if (!version) return [...errors, fieldInvalid(field, text, "version must be specified")];
  const wrong = validateDNS1035Label(version);
  return wrong.length > 0 ? [...errors, fieldInvalid(field, version, wrong.join(","))] : errors;
}

/** (validateVariable) Each may name those before it. */
export function validateVariables(
  variables: readonly Variable[] = [],
  hasParams: boolean,
  check: CheckExpression | undefined,
): FieldError[] {
  return variables.flatMap(({ name = "", expression = "" }, index) => {
    const field = `spec.variables[${index}]`;
    const errors: FieldError[] = [];
    if (!name.trim()) errors.push(fieldRequired(`${field}.name`, "name is not specified"));
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      errors.push(fieldInvalid(`${field}.name`, name, "must be a valid CEL identifier"));
    }
    if (!expression.trim()) return [...errors, fieldRequired(`${field}.expression`, "expression is not specified")];
    const use = { result: "any", hasParams, hasAuthorizer: true, variables: variables.slice(0, index) } as const;
    return [...errors, ...validateExpression(expression, use, { check, field: `${field}.expression` })];
  });
}

/** (validateParamRef) */
export function validateParamRef(reference: Readonly<ParamRef> | undefined): FieldError[] {
  if (!reference) return [];
  const { name, selector, parameterNotFoundAction: action } = reference;
  const field = "spec.paramRef";
  const exclusive = "name and selector are mutually exclusive";
  const errors = name ? pathSegment(name, `${field}.name`) : [];
  if (name && selector) errors.push(fieldForbidden(`${field}.name`, exclusive));
  errors.push(...validateLabelSelector(selector, {}, `${field}.selector`));
  if (name && selector) errors.push(fieldForbidden(`${field}.selector`, exclusive));
  if (!name && !selector) errors.push(fieldRequired(field, "one of name or selector must be specified"));
  return [...errors, ...neededOneOf(action, ["Deny", "Allow"], `${field}.parameterNotFoundAction`)];
}

export function validatePolicyName(name: string | undefined): FieldError[] {
  return neededBy(name, dnsSubdomain, "spec.policyName");
}

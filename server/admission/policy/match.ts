import type { MatchResources, NamedRuleWithOperations } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { LabelSelector } from "../../meta/selector.ts";
import type { AdmissionAttributes, ObjectReader } from "../plugin.ts";
import { selectorOf } from "../webhook/hooks.ts";
import { matchesNamespace, matchesObject, ruleMatches } from "../webhook/match.ts";
import { type Invocation, invocationOf, requestedBy, type ServedVersions } from "../webhook/versions.ts";
import type { Binding, Policy } from "./policy-source.ts";

export interface MatchEnvironment {
  readonly reader: ObjectReader;
  readonly served: ServedVersions;
}

const UNTOUCHED: ReadonlySet<string> = new Set([
  // Nobody can lock himself out of what configures policies.
  ...["validating", "mutating"].flatMap((sort) => [
    `admissionregistration.k8s.io/${sort}admissionpolicies`,
    `admissionregistration.k8s.io/${sort}admissionpolicybindings`,
  ]),
  // Nothing works where these are refused. (pkg/kubeapiserver/admission/exclusion)
  "authentication.k8s.io/selfsubjectreviews",
  "authentication.k8s.io/tokenreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authorization.k8s.io/subjectaccessreviews",
]);

/** Whether no policy may look at a request. */
export function isUntouched({ group, resource }: AdmissionAttributes): boolean {
  return UNTOUCHED.has(`${group}/${resource}`);
}

/** Whether a policy is about a request, and in which version. @throws Error (plugin/policy/generic/policy_matcher.go) */
export function matchPolicy(
  { spec: { matchConstraints } }: Readonly<Policy>,
  attributes: AdmissionAttributes,
  environment: MatchEnvironment,
): Invocation | undefined {
  if (!matchConstraints) throw new Error("policy contained no match constraints, a required field");
  return matchResources(matchConstraints, attributes, environment);
}

/** Whether a binding puts its policy in force for a request. @throws Error */
export function matchBinding(
  { spec }: Readonly<Binding>,
  attributes: AdmissionAttributes,
  environment: MatchEnvironment,
): boolean {
  return !spec.matchResources || matchResources(spec.matchResources, attributes, environment) !== undefined;
}

/** Selectors are read once. */
const selectors = new WeakMap<object, LabelSelector | Error>();
function selector(fields: object): LabelSelector | Error {
  let found = selectors.get(fields);
  if (!found) {
    found = selectorOf(fields);
    selectors.set(fields, found);
  }
  return found;
}

/** What goes wrong with a selector matters only if the rules match. (plugin/policy/matching/matching.go) */
function matchResources(
  match: Readonly<MatchResources>,
  attributes: AdmissionAttributes,
  { reader, served }: MatchEnvironment,
): Invocation | undefined {
  const { namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [], matchPolicy } = match;
  const missing = "selector was passed, please ensure selectors are initialized properly";
  if (!namespaceSelector) throw new Error(`a nil namespace ${missing}`);
  if (!objectSelector) throw new Error(`a nil object ${missing}`);
  const inNamespace = attempt(() => matchesNamespace(selector(namespaceSelector), attributes, reader));
  if (inNamespace === false) return undefined;
  const isObject = attempt(() => matchesObject(selector(objectSelector), attributes));
  if (isObject === false) return undefined;
  const isEquivalent = matchPolicy === "Equivalent";
  if (matchRules(excludeResourceRules, isEquivalent, attributes, served)) return undefined;
  const invocation =
    resourceRules.length === 0
      ? requestedBy(attributes, served)
      : matchRules(resourceRules, isEquivalent, attributes, served);
  if (!invocation) return undefined;
  if (inNamespace instanceof Error) throw inNamespace;
  if (isObject instanceof Error) throw isObject;
  return invocation;
}

function attempt(run: () => boolean): boolean | Error {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function matchRules(
  rules: readonly NamedRuleWithOperations[],
  isEquivalent: boolean,
  attributes: AdmissionAttributes,
  served: ServedVersions,
): Invocation | undefined {
  if (rules.length === 0) return undefined;
  const matches = (rule: NamedRuleWithOperations, candidate: Invocation) =>
    ruleMatches(rule, attributes, candidate) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name));
  const requested = requestedBy(attributes, served);
  if (rules.some((rule) => matches(rule, requested))) return requested;
  if (!isEquivalent) return undefined;
  const { group, version, resource } = requested.resource;
  const equivalents = served(attributes.group, attributes.resource)
    .filter((kind) => kind.group !== group || kind.version !== version || kind.plural !== resource)
    .map((kind) => invocationOf(kind, attributes));
  for (const rule of rules) {
    const found = equivalents.find((candidate) => matches(rule, candidate));
    if (found) return found;
  }
  return undefined;
}

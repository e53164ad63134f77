import type { PolicyRule } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { Attributes } from "../authorizer.ts";

const has = (list: readonly string[] | undefined, value: string): boolean => list?.includes(value) ?? false;
const hasOrStar = (list: readonly string[] | undefined, value: string): boolean => has(list, "*") || has(list, value);

/** Whether one rule grants what a request wants. (plugin/pkg/auth/authorizer/rbac RuleAllows) */
export function ruleAllows(attributes: Attributes, rule: PolicyRule): boolean {
  if (!hasOrStar(rule.verbs, attributes.verb)) return false;
  if (!attributes.resourceRequest) return rule.nonResourceURLs?.some((url) => urlCovers(url, attributes.path)) ?? false;
  return (
    hasOrStar(rule.apiGroups, attributes.group) &&
    resourceMatches(rule, attributes.resource, attributes.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name))
  );
}

function resourceMatches({ resources }: PolicyRule, resource: string, subresource: string): boolean {
  if (!resources) return false;
  if (!subresource) return hasOrStar(resources, resource);
  return hasOrStar(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** `*` at the end of a rule's path stands for any rest; alone it stands for everything. */
function urlCovers(rule: string, path: string): boolean {
  return rule === path || (rule.endsWith("*") && path.startsWith(rule.replace(/\*+$/, "")));
}

/**
 * The parts of `wanted` that `held` does not cover, one a verb, resource and name.
 * (component-helpers/auth/rbac/validation Covers)
 */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  const { apiGroups = [], resources = [], verbs = [], resourceNames = [], nonResourceURLs = [] } = rule;
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length) parts.push(...resourceNames.map((name) => ({ ...part, resourceNames: [name] })));
        else parts.push(part);
      }
    }
  }
  for (const url of nonResourceURLs) parts.push(...verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })));
  return parts;
}

/** `part` comes from breakDown: no list of it has more than one element. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!hasOrStar(rule.verbs, part.verbs![0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return rule.nonResourceURLs?.some((owned) => urlCovers(owned, url)) ?? false;
  const resource = part.resources![0]!;
  const slash = resource.indexOf("/");
  const anyParent = slash >= 0 && has(rule.resources, `*/${resource.slice(slash + 1)}`);
  const name = part.resourceNames?.[0];
  return (
    hasOrStar(rule.apiGroups, part.apiGroups![0]!) &&
    (hasOrStar(rule.resources, resource) || anyParent) &&
    // A rule for some names does not cover one for all.
    (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)))
  );
}

/** Parts of one resource that differ by verb alone become one rule. (pkg/registry/rbac/validation CompactRules) */
export function compactRules(parts: readonly PolicyRule[]): PolicyRule[] {
  const rest: PolicyRule[] = [];
  const byResource = new Map<string, PolicyRule>();
  for (const part of parts) {
    if (part.nonResourceURLs?.length) {
      rest.push(part);
      continue;
    }
    const key = JSON.stringify([part.apiGroups, part.resources, part.resourceNames]);
    const known = byResource.get(key);
    if (known) known.verbs = [...(known.verbs ?? []), ...(part.verbs ?? [])];
    else byResource.set(key, { ...part });
  }
  return [...rest, ...byResource.values()];
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}` (pkg/apis/rbac/v1 CompactString) */
export function describeRule(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  const shown = parts.filter(([, list]) => list?.length).map(([name, list]) => `${name}:${quoteList(list!)}`);
  return `{${shown.join(", ")}}`;
}

/** Go's `%q` of a list. */
export const quoteList = (list: readonly string[]): string => `[${list.map(goQuote).join(" ")}]`;

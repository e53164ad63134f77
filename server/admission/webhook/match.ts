import type { RuleWithOperations } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { forbidden as forbiddenError, internalError, notFound } from "../../meta/errors.ts";
import type { LabelSelector } from "../../meta/selector.ts";
import type { Authorization } from "../cel/authorization.ts";
import { requestBinding } from "../cel/request.ts";
import type { AdmissionAttributes, ObjectReader } from "../plugin.ts";
import type { Hook } from "./hooks.ts";
import { type Invocation, invocationOf, requestedBy, type ServedVersions, VersionedObject } from "./versions.ts";

const NAMESPACES = { group: "", resource: "namespaces" };
const CONFIGURATIONS = [
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
];

/** Nobody can lock himself out of what configures admission. */
export function isExempt({ kind }: AdmissionAttributes): boolean {
  return kind.group === "admissionregistration.k8s.io" && CONFIGURATIONS.includes(kind.kind);
}

/**
 * Whether a webhook wants to see a request, and in which version.
 * @throws StatusError when that cannot be told (plugin/webhook/generic ShouldCallHook)
 */
export async function invocationFor(
  hook: Hook,
  attributes: AdmissionAttributes,
  environment: {
    readonly reader: ObjectReader;
    readonly served: ServedVersions;
    readonly authorization: Authorization;
  },
): Promise<Invocation | undefined> {
  const { conditions } = hook;
  const { reader, served, authorization } = environment;
  // Cheapest first; what goes wrong with a selector matters only if the rules match.
  const invocation = matchRules(hook, attributes, served);
  if (!invocation) return undefined;
  if (!matchesNamespace(hook.namespaceSelector, attributes, reader)) return undefined;
  if (!matchesObject(hook.objectSelector, attributes)) return undefined;
  if (!conditions) return invocation;
  const { group, resource, name, object, oldObject } = attributes;
  const versioned = new VersionedObject(invocation.kind, served(group, resource));
  try {
    const matches = await conditions({
      object: object && versioned.fromStorage(object),
      oldObject: oldObject && versioned.fromStorage(oldObject),
      // Upstream names the resource of the request beside the kind that the webhook wants.
      request: requestBinding(attributes, { ...requestedBy(attributes, served), kind: invocation.kind }, served),
      authorizer: authorization,
      attributes,
    });
    return matches ? invocation : undefined;
  } catch (error) {
    throw forbiddenError({ group, resource }, name, error instanceof Error ? error.message : String(error));
  }
}

function matchRules(
  { webhook }: Hook,
  attributes: AdmissionAttributes,
  served: ServedVersions,
): Invocation | undefined {
  const rules = webhook.rules ?? [];
  const requested = requestedBy(attributes, served);
  if (rules.some((rule) => ruleMatches(rule, attributes, requested))) return requested;
  if (webhook.matchPolicy !== "Equivalent") return undefined;
  const { group, version, resource } = requested.resource;
  const equivalents = served(attributes.group, attributes.resource)
    .filter((kind) => kind.group !== group || kind.version !== version || kind.plural !== resource)
    .map((kind) => invocationOf(kind, attributes));
  for (const rule of rules) {
    const equivalent = equivalents.find((candidate) => ruleMatches(rule, attributes, candidate));
    if (equivalent) return equivalent;
  }
  return undefined;
}

/** (plugin/webhook/predicates/rules) */
export function ruleMatches(
  { scope, operations = [], apiGroups = [], apiVersions = [], resources = [] }: RuleWithOperations,
  { operation, subresource, namespace }: AdmissionAttributes,
  { resource: { group, version, resource } }: Invocation,
): boolean {
  const isNamespaced = namespace !== "" && !(group === "" && version === "v1" && resource === "namespaces");
  if (scope === "Namespaced" && !isNamespaced) return false;
  if (scope === "Cluster" && isNamespaced) return false;
  if (!has(operations, operation) || !has(apiGroups, group) || !has(apiVersions, version)) return false;
  return resources.some((text) => {
    const [wanted, sub = ""] = text.split(/\/(.*)/s, 2);
    return (wanted === "*" || wanted === resource) && (sub === "*" || sub === subresource);
  });
}

function has(items: readonly string[], item: string): boolean {
  return items.includes("*") || items.includes(item);
}

/** Of requests for namespaces the namespace itself counts, as it is to be. (predicates/namespace) */
export function matchesNamespace(
  selector: LabelSelector | Error,
  { namespace, resource, subresource, operation, object }: AdmissionAttributes,
  reader: ObjectReader,
): boolean {
  if (!namespace && resource !== "namespaces") return true;
  if (selector instanceof Error) throw internalError(selector.message);
  if (selector.empty) return true;
  if (resource === "namespaces" && !subresource && (operation === "CREATE" || operation === "UPDATE")) {
    return selector.matches(object?.metadata.labels);
  }
  const found = reader.get(NAMESPACES, "", namespace);
  if (!found) throw notFound(NAMESPACES, namespace);
  return selector.matches(found.metadata.labels);
}

/** The object before or after. (predicates/object) */
export function matchesObject(selector: LabelSelector | Error, { object, oldObject }: AdmissionAttributes): boolean {
  if (selector instanceof Error) throw internalError(selector.message);
  if (selector.empty) return true;
  return [object, oldObject].some((each) => each?.metadata !== undefined && selector.matches(each.metadata.labels));
}

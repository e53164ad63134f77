import type { SubjectAccessReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { parseFieldSelector } from "../../meta/fields.ts";
import { parseLabelSelector } from "../../meta/labels.ts";
import type { LabelOperator } from "../../meta/selector.ts";
import type { Attributes } from "../authorizer.ts";

/** What a request wants to do, in the form of a review. (apiserver/plugin/pkg/authorizer/webhook) */
export function reviewSpec(attributes: Attributes): SubjectAccessReview["spec"] {
  const { user, verb, resourceRequest, path } = attributes;
  const extra: Record<string, string[]> = {};
  for (const [key, values] of Object.entries(user.extra ?? {})) extra[key] = [...values];
  const who = {
    ...(user.name && { user: user.name }),
    ...(user.groups.length && { groups: [...user.groups] }),
    ...(Object.keys(extra).length && { extra }),
    ...(user.uid && { uid: user.uid }),
  };
  if (!resourceRequest) return { nonResourceAttributes: { path, verb }, ...who };
  const { namespace, group, version, resource, subresource, name } = attributes;
  const given = { namespace, verb, group, version, resource, subresource, name };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  const fields = attributes.fieldSelector ? fieldRequirements(attributes.fieldSelector) : [];
  const labels = attributes.labelSelector ? labelRequirements(attributes.labelSelector) : [];
  return {
    resourceAttributes: {
      ...set,
      ...(fields.length > 0 && { fieldSelector: { requirements: fields } }),
      ...(labels.length > 0 && { labelSelector: { requirements: labels } }),
    },
    ...who,
  };
}

/** A selector that cannot be read narrows nothing. */
function fieldRequirements(text: string) {
  const { requirements } = attempt(parseFieldSelector, text) ?? { requirements: [] };
  return requirements.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === "=" ? "In" : "NotIn",
    values: [value],
  }));
}

const OPERATORS: Readonly<Partial<Record<LabelOperator, string>>> = {
  "=": "In",
  "==": "In",
  in: "In",
  "!=": "NotIn",
  notin: "NotIn",
  exists: "Exists",
  "!": "DoesNotExist",
};

/** Those that a review has no word for are left out: the question is the wider without them. */
function labelRequirements(text: string) {
  const requirements = attempt(parseLabelSelector, text)?.requirements ?? [];
  return requirements.flatMap(({ key, operator, values }) => {
    const word = OPERATORS[operator];
    return word ? [{ key, operator: word, ...(values.length > 0 && { values: [...values] }) }] : [];
  });
}

function attempt<T>(parse: (text: string) => T, text: string): T | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

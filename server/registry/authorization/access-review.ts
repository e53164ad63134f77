import type {
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewStatus,
} from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { encodeJson } from "../../../openapi/encode.ts";
import { schemaOf } from "../../../openapi/types.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Authorizer } from "../../auth/authorizer.ts";
import { invalid, type StatusError } from "../../meta/errors.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateFieldSelectorRequirement, validateLabelSelectorRequirement } from "../../meta/label-validation.ts";
import type { ObjectMeta } from "../../meta/object.ts";
import { fieldSelectorText, labelSelectorText, type SelectorText } from "./selector-attributes.ts";

/** What all access reviews ask: one of the two. */
export interface ReviewedAccess {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** (pkg/apis/authorization/validation) @param user what a review of somebody else must name */
export function validateAccess(
  spec: ReviewedAccess,
  user: { readonly user?: string; readonly groups?: readonly string[] } | undefined,
): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes && nonResourceAttributes) {
    const detail = "cannot be specified in combination with resourceAttributes";
    errors.push(fieldInvalid("spec.nonResourceAttributes", internalAttributes(nonResourceAttributes), detail));
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(fieldInvalid("spec.resourceAttributes", null, detail));
  }
  if (user && !user.user && !user.groups?.length) {
    errors.push(fieldInvalid("spec.user", "", "at least one of user or group must be specified"));
  }
  return [...errors, ...validateSelectors(resourceAttributes)];
}

/** Upstream prints its internal type, whose fields have no JSON names. */
export const internalAttributes = ({ path = "", verb = "" }: NonResourceAttributes) => ({ Path: path, Verb: verb });

function validateSelectors({ fieldSelector, labelSelector }: ResourceAttributes = {}): FieldError[] {
  const allow = { unknownOperators: true };
  const errors: FieldError[] = [];
  for (const [selector, name, validate] of [
    [fieldSelector, "fieldSelector", validateFieldSelectorRequirement],
    [labelSelector, "labelSelector", validateLabelSelectorRequirement],
  ] as const) {
    if (!selector) continue;
    const field = `spec.resourceAttributes.${name}`;
    const { rawSelector = "", requirements = [] } = selector;
    if (rawSelector && requirements.length) {
      const detail = "may not specified at the same time as requirements";
      errors.push(fieldInvalid(`${field}.rawSelector`, rawSelector, detail));
    }
    if (!rawSelector && !requirements.length) {
      const detail = `when ${field} is specified, requirements or rawSelector is required`;
      errors.push(fieldRequired(`${field}.requirements`, detail));
    }
    requirements.forEach((requirement, index) => {
      errors.push(...validate(requirement, allow, `${field}.requirements[${index}]`));
    });
  }
  return errors;
}

/** Reviews have no name; what the server itself put in does not count. */
export function validateEmptyMetadata(metadata: ObjectMeta, allowNamespace: boolean): FieldError[] {
  const { managedFields, namespace, ...rest } = metadata;
  const more = Object.keys(rest).length > 0 || (namespace && !allowNamespace);
  const detail = allowNamespace ? "must be empty except for namespace" : "must be empty";
  return more ? [fieldInvalid("metadata", inGoOrder(metadata), detail)] : [];
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** As errors show it, whatever the order it was sent in. */
function inGoOrder(metadata: ObjectMeta): unknown {
  return JSON.parse(encodeJson(metadata, schemaOf(OBJECT_META)));
}

/** Upstream takes the kind from an object whose kind was already cleared. */
export const invalidReview = (errors: readonly FieldError[]): StatusError =>
  invalid({ group: "authorization.k8s.io", kind: "" }, "", errors);

/** Asks the authorizer. (pkg/registry/authorization/util) */
export async function reviewAccess(
  authorizer: Authorizer,
  user: UserInfo,
  { resourceAttributes, nonResourceAttributes }: ReviewedAccess,
): Promise<SubjectAccessReviewStatus> {
  const { attributes, errors } = resourceAttributes
    ? resourceAccess(user, resourceAttributes)
    : { attributes: pathAccess(user, nonResourceAttributes ?? {}), errors: [] };
  const { decision, reason, error } = await authorizer.authorize(attributes);
  const evaluationError = [...(error ? [error] : []), ...errors].join("; ");
  return {
    allowed: decision === "allow",
    ...(decision === "deny" && { denied: true }),
    ...(reason && { reason }),
    ...(evaluationError && { evaluationError }),
  };
}

function resourceAccess(user: UserInfo, asked: ResourceAttributes): { attributes: Attributes; errors: string[] } {
  const fields = fieldSelectorText(asked.fieldSelector);
  const labels = labelSelectorText(asked.labelSelector);
  return {
    attributes: {
      user,
      verb: asked.verb ?? "",
      resourceRequest: true,
      group: asked.group ?? "",
      version: asked.version || "*",
      resource: asked.resource ?? "",
      subresource: asked.subresource ?? "",
      namespace: asked.namespace ?? "",
      name: asked.name ?? "",
      path: "",
      ...(fields.text && { fieldSelector: fields.text }),
      ...(labels.text && { labelSelector: labels.text }),
    },
    errors: [...parseError("fieldSelector", fields), ...parseError("labelSelector", labels)],
  };
}

function parseError(name: string, { text, failed }: SelectorText): string[] {
  if (!failed) return [];
  return [`spec.resourceAttributes.${name} ${text ? "partially ignored" : "ignored"} due to parse error`];
}

const pathAccess = (user: UserInfo, { path = "", verb = "" }: NonResourceAttributes): Attributes => ({
  user,
  verb,
  resourceRequest: false,
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path,
});

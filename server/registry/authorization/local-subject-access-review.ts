import type { LocalSubjectAccessReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { fieldInvalid } from "../../meta/field-error.ts";
import { defineKind } from "../kind.ts";
import {
  internalAttributes,
  invalidReview,
  reviewAccess,
  validateAccess,
  validateEmptyMetadata,
} from "./access-review.ts";
import { reviewedUser } from "./subject-access-review.ts";

/**
 * LocalSubjectAccessReview, authorization.k8s.io/v1: the same within one namespace, so that its owners may ask.
 * (pkg/registry/authorization/localsubjectaccessreview)
 */
export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  async createOnly(obj, { services }) {
    const { resourceAttributes, nonResourceAttributes } = obj.spec;
    const errors = [...validateAccess(obj.spec, obj.spec), ...validateEmptyMetadata(obj.metadata, true)];
    const asked = resourceAttributes?.namespace ?? "";
    if (resourceAttributes && asked !== (obj.metadata.namespace ?? "")) {
      errors.push(fieldInvalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
    }
    if (nonResourceAttributes) {
      const detail = "disallowed on this kind of request";
      errors.push(fieldInvalid("spec.nonResourceAttributes", internalAttributes(nonResourceAttributes), detail));
    }
    if (errors.length) throw invalidReview(errors);
    return { ...obj, status: await reviewAccess(services.authorizer, reviewedUser(obj.spec), obj.spec) };
  },
});

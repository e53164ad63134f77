import type { SelfSubjectAccessReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { defineKind } from "../kind.ts";
import { invalidReview, reviewAccess, validateAccess, validateEmptyMetadata } from "./access-review.ts";

/** SelfSubjectAccessReview, authorization.k8s.io/v1: `kubectl auth can-i`. (pkg/registry/authorization/selfsubjectaccessreview) */
export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  async createOnly(obj, { user, services }) {
    const errors = [...validateAccess(obj.spec, undefined), ...validateEmptyMetadata(obj.metadata, false)];
    if (errors.length) throw invalidReview(errors);
    return { ...obj, status: await reviewAccess(services.authorizer, user, obj.spec) };
  },
});

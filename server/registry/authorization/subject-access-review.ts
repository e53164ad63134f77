import type { SubjectAccessReview, SubjectAccessReviewSpec } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import { defineKind } from "../kind.ts";
import { invalidReview, reviewAccess, validateAccess, validateEmptyMetadata } from "./access-review.ts";

/** SubjectAccessReview, authorization.k8s.io/v1: may somebody do something? (pkg/registry/authorization/subjectaccessreview) */
export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  async createOnly(obj, { services }) {
    const errors = [...validateAccess(obj.spec, obj.spec), ...validateEmptyMetadata(obj.metadata, false)];
    if (errors.length) throw invalidReview(errors);
    return { ...obj, status: await reviewAccess(services.authorizer, reviewedUser(obj.spec), obj.spec) };
  },
});

/** The user that a review names. */
export const reviewedUser = ({ user = "", uid, groups = [], extra }: SubjectAccessReviewSpec): UserInfo => ({
  name: user,
  ...(uid && { uid }),
  groups,
  ...(extra && { extra }),
});

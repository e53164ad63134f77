import type { SelfSubjectReview } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import { rfc3339 } from "../../meta/time.ts";
import { defineKind } from "../kind.ts";
import { wireUserInfo } from "./user-info.ts";

/** SelfSubjectReview, authentication.k8s.io/v1: `kubectl auth whoami`. (pkg/registry/authentication/selfsubjectreview) */
export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  // A new object: nothing of the request comes back.
  createOnly: async ({ kind, apiVersion }, { user, now }) => ({
    kind,
    apiVersion,
    metadata: { creationTimestamp: rfc3339(now) },
    status: { userInfo: wireUserInfo(user) },
  }),
});

import { describe, expect, test } from "vitest";
import type { SubjectAccessReviewSpec } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import type { Attributes, Decision } from "../../auth/authorizer.ts";
import type { RequestContext } from "../kind.ts";
import { localSubjectAccessReview } from "./local-subject-access-review.ts";
import { selfSubjectAccessReview } from "./self-subject-access-review.ts";
import { selfSubjectRulesReview } from "./self-subject-rules-review.ts";
import { subjectAccessReview } from "./subject-access-review.ts";

let asked: Attributes | undefined;
const context = (decision: Decision = { decision: "no-opinion", reason: "" }) =>
  // Reviews use no more of a request than this.
  ({
    user: { name: "me", groups: ["g"] },
    services: {
      authorizer: {
        name: "",
        authorize: (attributes: Attributes) => {
          asked = attributes;
          return decision;
        },
      },
      ruleResolver: {
        rulesFor: () => ({
          resourceRules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
          nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/api"] }],
          incomplete: false,
          error: "",
        }),
      },
    },
  }) as unknown as RequestContext;
const pods = { verb: "list", resource: "pods", namespace: "ns" };
const review = (spec: SubjectAccessReviewSpec, decision?: Decision) =>
  subjectAccessReview.createOnly!({ metadata: {}, spec, status: { allowed: false } }, context(decision));

test.each<[Decision, object]>([
  [
    { decision: "allow", reason: "because" },
    { allowed: true, reason: "because" },
  ],
  [
    { decision: "deny", reason: "" },
    { allowed: false, denied: true },
  ],
  [
    { decision: "no-opinion", reason: "", error: "it broke" },
    { allowed: false, evaluationError: "it broke" },
  ],
])("the decision %j is told as %j", async (decision, status) => {
  expect((await review({ user: "u", resourceAttributes: pods }, decision)).status).toEqual(status);
});

test("everything that was asked reaches the authorizer", async () => {
  await review({
    user: "u",
    uid: "1",
    groups: ["g"],
    extra: { a: ["b"] },
    resourceAttributes: {
      ...pods,
      group: "x",
      subresource: "log",
      name: "p",
      fieldSelector: { requirements: [{ key: "spec.nodeName", operator: "In", values: ["n"] }] },
      labelSelector: { rawSelector: "a=b" },
    },
  });
  expect(asked).toEqual({
    user: { name: "u", uid: "1", groups: ["g"], extra: { a: ["b"] } },
    verb: "list",
    resourceRequest: true,
    group: "x",
    version: "*",
    resource: "pods",
    subresource: "log",
    namespace: "ns",
    name: "p",
    path: "",
    fieldSelector: "spec.nodeName=n",
    labelSelector: "a=b",
  });
});

test("a selector that cannot be understood is reported", async () => {
  const fieldSelector = { requirements: [{ key: "x", operator: "Around", values: ["n"] }] };
  const { status } = await review({ user: "u", resourceAttributes: { ...pods, fieldSelector } });
  expect(status).toEqual({
    allowed: false,
    evaluationError: "spec.resourceAttributes.fieldSelector ignored due to parse error",
  });
});

const path = { path: "/", verb: "get" };
test.each<[SubjectAccessReviewSpec, string]>([
  [
    { user: "u" },
    "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
  ],
  [{ resourceAttributes: pods }, 'spec.user: Invalid value: "": at least one of user or group must be specified'],
  [
    { user: "u", resourceAttributes: pods, nonResourceAttributes: path },
    'spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":"get"}: cannot be specified in combination with resourceAttributes',
  ],
  [
    {
      user: "u",
      resourceAttributes: {
        ...pods,
        fieldSelector: { rawSelector: "a=b", requirements: [{ key: "x", operator: "In", values: ["n"] }] },
      },
    },
    'spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements',
  ],
])("%j is refused", async (spec, message) => {
  await expect(review(spec)).rejects.toMatchObject({
    code: 422,
    message: `.authorization.k8s.io "" is invalid: ${message}`,
  });
});

describe("a review", () => {
  const metadata = { name: "n", managedFields: [{ manager: "m" }] };
  const status = { allowed: false };

  test("has no name", async () => {
    const made = subjectAccessReview.createOnly!(
      { metadata, spec: { user: "u", resourceAttributes: pods }, status },
      context(),
    );
    await expect(made).rejects.toThrow(
      'metadata: Invalid value: {"name":"n","managedFields":[{"manager":"m"}]}: must be empty',
    );
  });

  test("of oneself asks for oneself", async () => {
    await selfSubjectAccessReview.createOnly!(
      { metadata: {}, spec: { nonResourceAttributes: path }, status },
      context(),
    );
    expect(asked).toMatchObject({ user: { name: "me" }, resourceRequest: false, path: "/" });
  });

  test.each<[SubjectAccessReviewSpec, string]>([
    [
      { user: "u", resourceAttributes: { ...pods, namespace: "other" } },
      'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
    ],
    [
      { user: "u", nonResourceAttributes: path },
      'spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":"get"}: disallowed on this kind of request',
    ],
  ])("of a namespace refuses %j", async (spec, message) => {
    const made = localSubjectAccessReview.createOnly!({ metadata: { namespace: "ns" }, spec, status }, context());
    await expect(made).rejects.toThrow(message);
  });

  test("of rules answers all of them, and nothing of the request", async () => {
    const made = (namespace: string) =>
      selfSubjectRulesReview.createOnly!(
        { metadata: {}, spec: { namespace }, status: { incomplete: false } },
        context(),
      );
    expect(await made("ns")).toEqual({
      metadata: {},
      spec: {},
      status: {
        resourceRules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
        nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/api"] }],
        incomplete: false,
      },
    });
    await expect(made("")).rejects.toMatchObject({ code: 400, message: "no namespace on request" });
  });
});

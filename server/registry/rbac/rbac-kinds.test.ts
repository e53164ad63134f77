import { describe, expect, test } from "vitest";
import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { clusterRole } from "./cluster-role.ts";
import { clusterRoleBinding } from "./cluster-role-binding.ts";
import { changesOnlyGcFields } from "./gc-fields.ts";
import { role } from "./role.ts";
import { roleBinding } from "./role-binding.ts";

// Validation of these kinds reads nothing of the request.
const context = {} as never;
const messages = (errors: readonly { message(): string }[] | undefined) => errors?.map((error) => error.message());

test.each<[string, Role["rules"], string[]]>([
  ["good", [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }], []],
  [
    "no verbs",
    [{ apiGroups: [""], resources: ["pods"] }],
    ["rules[0].verbs: Required value: verbs must contain at least one value"],
  ],
  [
    "no groups",
    [{ resources: ["pods"], verbs: ["get"] }],
    ["rules[0].apiGroups: Required value: resource rules must supply at least one api group"],
  ],
  [
    "no resources",
    [{ apiGroups: [""], verbs: ["get"] }],
    ["rules[0].resources: Required value: resource rules must supply at least one resource"],
  ],
  [
    "paths in a namespace",
    [{ apiGroups: [""], resources: ["pods"], nonResourceURLs: ["/x"], verbs: ["get"] }],
    [
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ],
])("a Role with %s", (_, rules, expected) => {
  expect(messages(role.validate?.({ metadata: {}, rules }, context))).toEqual(expected);
});

test.each<[string, ClusterRole["aggregationRule"], string[]]>([
  [
    "none",
    {},
    [
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
    ],
  ],
  ["a good one", { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] }, []],
  [
    "a bad one",
    { clusterRoleSelectors: [{ matchLabels: { "a b": "c" } }] },
    [
      expect.stringMatching(
        /^aggregationRule\.clusterRoleSelectors\[0\]\.matchLabels: Invalid value: "a b": name part must/,
      ),
      "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.",
    ],
  ],
])("a ClusterRole that aggregates by %s", (_, aggregationRule, expected) => {
  expect(messages(clusterRole.validate?.({ metadata: {}, rules: [], aggregationRule }, context))).toEqual(expected);
});

describe("bindings", () => {
  const ref = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
  const user = { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" };

  test("get the API group where it is known", () => {
    const binding: RoleBinding = {
      metadata: {},
      roleRef: { apiGroup: "", kind: "Role", name: "r" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "Group", name: "g" },
        { kind: "ServiceAccount", name: "s" },
      ],
    };
    roleBinding.defaults?.(binding);
    expect([binding.roleRef.apiGroup, ...binding.subjects!.map((subject) => subject.apiGroup)]).toEqual([
      "rbac.authorization.k8s.io",
      "rbac.authorization.k8s.io",
      "rbac.authorization.k8s.io",
      undefined,
    ]);
  });

  test.each<[string, Partial<ClusterRoleBinding>, string[]]>([
    ["good", {}, []],
    [
      "without role",
      { roleRef: { ...ref, kind: "", name: "" } },
      ['roleRef.kind: Unsupported value: "": supported values: "ClusterRole"', "roleRef.name: Required value"],
    ],
    [
      "of another group",
      { roleRef: { ...ref, apiGroup: "apps" } },
      ['roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"'],
    ],
    ["of a path", { roleRef: { ...ref, name: "a/b" } }, ["roleRef.name: Invalid value: \"a/b\": may not contain '/'"]],
    ["to nobody", { subjects: [{ ...user, name: "" }] }, ["subjects[0].name: Required value"]],
    [
      "to an account nowhere",
      { subjects: [{ kind: "ServiceAccount", name: "x" }] },
      ["subjects[0].namespace: Required value"],
    ],
    [
      "to an account of a group",
      { subjects: [{ ...user, kind: "ServiceAccount", namespace: "d" }] },
      ['subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""'],
    ],
    [
      "to something",
      { subjects: [{ kind: "Robot", name: "x" }] },
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ],
  ])("%s", (_, change, expected) => {
    const binding = { metadata: {}, roleRef: ref, subjects: [user], ...change };
    expect(messages(clusterRoleBinding.validate?.(binding, context))).toEqual(expected);
  });

  test("keep their role", () => {
    const old = { metadata: {}, roleRef: ref, subjects: [user] };
    const errors = clusterRoleBinding.validateUpdate?.({ ...old, roleRef: { ...ref, name: "edit" } }, old, context);
    expect(messages(errors)).toEqual([
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef',
    ]);
  });

  test("print their role and subjects", () => {
    const binding = {
      metadata: {},
      roleRef: ref,
      subjects: [user, { kind: "ServiceAccount", name: "s", namespace: "n" }],
    };
    const cells = clusterRoleBinding.columns?.map((column) => column.value(binding, new Date(0)));
    expect(cells).toEqual(["ClusterRole/view", "jane", "", "n/s"]);
  });
});

test.each([
  [{ metadata: { name: "a", finalizers: ["x"] } }, true],
  [{ metadata: { name: "a", labels: { x: "y" } } }, false],
])("changing to %j only serves the garbage collector: %s", (changed, expected) => {
  expect(changesOnlyGcFields(changed, { metadata: { name: "a" } })).toBe(expected);
});

import { describe, expect, test } from "vitest";
import type { ClusterRole, ClusterRoleBinding } from "../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import type { ObjectReader, ObjectWriter } from "../admission/plugin.ts";
import type { KubeObject } from "../meta/object.ts";
import { createAuthorization } from "./authorization.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import { authorizerUnion, privilegedGroupAuthorizer, ruleResolverUnion } from "./authorizer-union.ts";
import { bootstrapPolicy } from "./bootstrap-policy/policy.ts";
import { ensureBootstrapPolicy, withMissingRules, withMissingSubjects } from "./bootstrap-policy/reconcile.ts";
import { nodeAuthorizer } from "./node/node-authorizer.ts";
import { NodeGraph } from "./node/node-graph.ts";
import { rbacAuthorizer } from "./rbac/rbac.ts";
import { RoleIndex } from "./rbac/role-index.ts";

const attributes: Attributes = {
  user: { name: "jane", groups: [] },
  verb: "get",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "ns",
  name: "p",
  path: "",
};
const saying = (decision: Decision): Authorizer => ({ name: "", authorize: () => decision });
const later = (decision: Decision): Authorizer => ({ name: "", authorize: async () => decision });
const nothing = (reason: string, error?: string): Decision => ({
  decision: "no-opinion",
  reason,
  ...(error && { error }),
});

describe("the union", () => {
  test.each<[string, Authorizer[], Decision]>([
    [
      "the first allow",
      [saying(nothing("a")), saying({ decision: "allow", reason: "b" }), saying({ decision: "deny", reason: "c" })],
      { decision: "allow", reason: "b" },
    ],
    [
      "the first deny",
      [later({ decision: "deny", reason: "a" }), saying({ decision: "allow", reason: "b" })],
      { decision: "deny", reason: "a" },
    ],
    [
      "all reasons",
      [saying(nothing("a")), later(nothing("")), saying(nothing("b", "broke"))],
      { decision: "no-opinion", reason: "a\nb", error: "broke" },
    ],
  ])("tells %s", async (_, authorizers, decision) => {
    expect(await authorizerUnion(authorizers).authorize(attributes)).toEqual(decision);
  });

  test("does not wait when nobody has to", () => {
    expect(authorizerUnion([saying(nothing("")), privilegedGroupAuthorizer]).authorize(attributes)).not.toBeInstanceOf(
      Promise,
    );
  });

  test("lists rules of all, and says that nodes have more", () => {
    const resolver = ruleResolverUnion([nodeAuthorizer(new NodeGraph(), []), rbacAuthorizer(new RoleIndex())]);
    expect(resolver.rulesFor({ name: "system:node:a", groups: ["system:nodes"] }, "ns")).toMatchObject({
      incomplete: true,
      error: "node authorizer does not support user rule resolution",
    });
  });
});

describe("the bootstrap policy", () => {
  const store = () => {
    const objects = new Map<string, KubeObject>();
    const key = (resource: string, { metadata }: KubeObject) =>
      `${resource}/${metadata.namespace ?? ""}/${metadata.name}`;
    const writes: string[] = [];
    // Generic over kinds, as the registry's are.
    const reader = {
      get: ({ resource }: { resource: string }, ns: string, name: string) => objects.get(`${resource}/${ns}/${name}`),
      list: () => [],
    } as unknown as ObjectReader;
    const writer = {
      create: async ({ resource }: { resource: string }, object: KubeObject) => {
        writes.push(`create ${object.metadata.name}`);
        objects.set(key(resource, object), object);
      },
      update: async (
        { resource }: { resource: string },
        ns: string,
        name: string,
        change: (current: KubeObject) => KubeObject | undefined,
      ) => {
        const next = change(structuredClone(objects.get(`${resource}/${ns}/${name}`)!));
        if (!next) return;
        writes.push(`update ${name}`);
        objects.set(`${resource}/${ns}/${name}`, next);
      },
    } as unknown as ObjectWriter;
    return { objects, reader, writer, writes };
  };

  test("is created once, and repaired where something was taken away", async () => {
    const { objects, reader, writer, writes } = store();
    await ensureBootstrapPolicy(reader, writer);
    const { clusterroles, clusterrolebindings, roles, rolebindings } = bootstrapPolicy();
    expect(writes).toHaveLength(clusterroles.length + clusterrolebindings.length + roles.length + rolebindings.length);
    writes.length = 0;
    await ensureBootstrapPolicy(reader, writer);
    expect(writes).toEqual([]);
    (objects.get("clusterroles//system:discovery") as ClusterRole).rules = [];
    (objects.get("clusterroles//system:basic-user") as ClusterRole).rules = [];
    objects.get("clusterroles//system:basic-user")!.metadata.annotations = {
      "rbac.authorization.kubernetes.io/autoupdate": "false",
    };
    (objects.get("clusterrolebindings//system:discovery") as ClusterRoleBinding).subjects = [];
    await ensureBootstrapPolicy(reader, writer);
    expect(writes.sort()).toEqual(["update system:discovery", "update system:discovery"]);
    expect((objects.get("clusterrolebindings//system:discovery") as ClusterRoleBinding).subjects).toEqual([
      { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:authenticated" },
    ]);
  });

  test("lets everyone see the version, and nobody anonymous the API", () => {
    const index = new RoleIndex();
    for (const role of bootstrapPolicy().clusterroles) index.setClusterRole(role);
    for (const binding of bootstrapPolicy().clusterrolebindings) index.setBinding(binding);
    const ask = (user: Attributes["user"], path: string) =>
      rbacAuthorizer(index).authorize({
        ...attributes,
        user,
        resourceRequest: false,
        path,
        resource: "",
        namespace: "",
        name: "",
      });
    const anonymous = { name: "system:anonymous", groups: ["system:unauthenticated"] };
    expect(ask(anonymous, "/version")).toMatchObject({ decision: "allow" });
    expect(ask(anonymous, "/api")).toEqual({ decision: "no-opinion", reason: "" });
    const decision = ask({ name: "u", groups: ["system:authenticated"] }, "/api") as Decision;
    expect(decision.reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    );
  });

  test("keeps what was added", () => {
    const mine = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
    const theirs = { verbs: ["list"], apiGroups: [""], resources: ["pods"] };
    expect(withMissingRules({ metadata: {}, rules: [mine] }, { metadata: {}, rules: [theirs, mine] }).rules).toEqual([
      mine,
      theirs,
    ]);
    const roleRef = { apiGroup: "", kind: "ClusterRole", name: "x" };
    const [a, b] = [
      { kind: "User", name: "a" },
      { kind: "User", name: "b" },
    ];
    const binding = (subject: typeof a, name = "x") => ({
      metadata: {},
      roleRef: { ...roleRef, name },
      subjects: [subject],
    });
    expect(withMissingSubjects(binding(a), binding(b)).subjects).toEqual([a, b]);
    expect(withMissingSubjects(binding(a, "y"), binding(b)).subjects).toEqual([a]);
  });
});

describe("authorizers that are replaced", () => {
  const watch = { watch: () => () => undefined };
  const start = () => createAuthorization({ authorizers: [{ type: "AlwaysDeny", name: "no" }], watch });

  test("decide from then on, for whoever holds the authorizer", async () => {
    const { authorizer, replace, stop } = start();
    expect(await authorizer.authorize(attributes)).toMatchObject({ decision: "no-opinion" });
    replace([{ type: "AlwaysAllow", name: "yes" }]);
    expect(await authorizer.authorize(attributes)).toMatchObject({ decision: "allow" });
    stop();
  });

  test("may not be of a type that follows objects and was not there at the start", async () => {
    const { authorizer, replace, stop } = start();
    const message = "authorizer type RBAC is not allowed if it was not enabled at initial server startup";
    expect(() => replace([{ type: "RBAC", name: "rbac" }])).toThrow(message);
    expect(await authorizer.authorize(attributes)).toMatchObject({ decision: "no-opinion" });
    stop();
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import type { PolicyRule, RoleRef, Subject } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import type { Attributes } from "../authorizer.ts";
import { escalationCheck } from "./escalation.ts";
import { ruleAllows } from "./policy-rule.ts";
import { rbacAuthorizer } from "./rbac.ts";
import { RoleIndex } from "./role-index.ts";

const jane = { name: "jane", groups: ["dev", "system:authenticated"] };
const base: Attributes = {
  user: jane,
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
const url = (path: string): Attributes => ({
  ...base,
  resourceRequest: false,
  resource: "",
  namespace: "",
  name: "",
  path,
});

test.each<[string, PolicyRule, Attributes, boolean]>([
  ["exact", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, base, true],
  ["other verb", { verbs: ["list"], apiGroups: [""], resources: ["pods"] }, base, false],
  ["other group", { verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, base, false],
  ["stars", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, base, true],
  ["parent only", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, { ...base, subresource: "log" }, false],
  ["subresource", { verbs: ["get"], apiGroups: [""], resources: ["pods/log"] }, { ...base, subresource: "log" }, true],
  ["any parent", { verbs: ["get"], apiGroups: [""], resources: ["*/log"] }, { ...base, subresource: "log" }, true],
  ["any parent, none asked", { verbs: ["get"], apiGroups: [""], resources: ["*/log"] }, base, false],
  ["name", { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["p"] }, base, true],
  ["other name", { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["q"] }, base, false],
  [
    "no name",
    { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["q"] },
    { ...base, name: "" },
    false,
  ],
  ["path", { verbs: ["get"], nonResourceURLs: ["/healthz"] }, url("/healthz"), true],
  ["path below", { verbs: ["get"], nonResourceURLs: ["/healthz"] }, url("/healthz/x"), false],
  ["path star", { verbs: ["get"], nonResourceURLs: ["/logs/*"] }, url("/logs/x"), true],
  ["path star itself", { verbs: ["get"], nonResourceURLs: ["/logs/*"] }, url("/logs"), false],
  ["all paths", { verbs: ["get"], nonResourceURLs: ["*"] }, url("/x"), true],
  ["resource rule for a path", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, url("/x"), false],
])("a rule matches a request: %s", (_, rule, attributes, allows) => {
  expect(ruleAllows(attributes, rule)).toBe(allows);
});

describe("the authorizer", () => {
  let index: RoleIndex;
  const role = (name: string, rules: PolicyRule[], namespace = "ns") =>
    index.setRole({ metadata: { name, namespace }, rules });
  const bind = (name: string, ref: Partial<RoleRef>, subjects: Subject[], namespace?: string) => {
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r", ...ref };
    const binding = { metadata: { name, ...(namespace && { namespace }) }, roleRef, subjects };
    index.setBinding(binding);
    return binding;
  };
  const pods: PolicyRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  const ask = (attributes: Partial<Attributes> = {}) => {
    const { decision, reason } = rbacAuthorizer(index).authorize({ ...base, ...attributes }) as {
      decision: string;
      reason: string;
    };
    return [decision, reason];
  };
  beforeEach(() => {
    index = new RoleIndex();
  });

  test("says by which binding, role and subject", () => {
    role("r", [pods]);
    bind("b", {}, [{ kind: "User", name: "jane" }], "ns");
    expect(ask()).toEqual(["allow", 'RBAC: allowed by RoleBinding "b/ns" of Role "r" to User "jane"']);
    expect(ask({ namespace: "other" })).toEqual(["no-opinion", ""]);
    expect(ask({ user: { name: "joe", groups: [] } })).toEqual(["no-opinion", ""]);
  });

  test("names the first subject of the binding that is the user", () => {
    index.setClusterRole({ metadata: { name: "c" }, rules: [pods] });
    bind("b", { kind: "ClusterRole", name: "c" }, [
      { kind: "Group", name: "dev" },
      { kind: "User", name: "jane" },
    ]);
    expect(ask()[1]).toBe('RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "c" to Group "dev"');
  });

  test("takes a service account without namespace from the binding's", () => {
    role("r", [pods]);
    bind("b", {}, [{ kind: "ServiceAccount", name: "robot" }], "ns");
    const robot = (namespace: string) => ({ name: `system:serviceaccount:${namespace}:robot`, groups: [] });
    expect(ask({ user: robot("ns") })[1]).toBe(
      'RBAC: allowed by RoleBinding "b/ns" of Role "r" to ServiceAccount "robot/ns"',
    );
    expect(ask({ user: robot("other") })[0]).toBe("no-opinion");
  });

  test("reports missing roles, each once", () => {
    bind(
      "b",
      { name: "none" },
      [
        { kind: "User", name: "jane" },
        { kind: "Group", name: "dev" },
      ],
      "ns",
    );
    bind("c", { name: "none" }, [{ kind: "User", name: "jane" }], "ns");
    expect(ask()[1]).toBe('RBAC: role.rbac.authorization.k8s.io "none" not found');
    bind("d", { kind: "ClusterRole", name: "x" }, [{ kind: "User", name: "jane" }], "ns");
    expect(ask()[1]).toBe(
      'RBAC: [role.rbac.authorization.k8s.io "none" not found, clusterrole.rbac.authorization.k8s.io "x" not found]',
    );
  });

  test("forgets subjects that a changed binding no longer has, and deleted roles", () => {
    role("r", [pods]);
    bind("b", {}, [{ kind: "User", name: "jane" }], "ns");
    const binding = bind("b", {}, [{ kind: "User", name: "joe" }], "ns");
    expect(ask()[0]).toBe("no-opinion");
    expect(ask({ user: { name: "joe", groups: [] } })[0]).toBe("allow");
    index.removeRole({ metadata: { name: "r", namespace: "ns" } });
    expect(ask({ user: { name: "joe", groups: [] } })[1]).toContain("not found");
    index.removeBinding(binding);
    expect(ask({ user: { name: "joe", groups: [] } })).toEqual(["no-opinion", ""]);
  });

  test("answers within microseconds among many bindings", () => {
    role("r", [pods]);
    for (let i = 0; i < 5000; i++) bind(`b${i}`, {}, [{ kind: "User", name: `u${i}` }], "ns");
    bind("b", {}, [{ kind: "Group", name: "dev" }], "ns");
    const authorizer = rbacAuthorizer(index);
    const start = performance.now();
    for (let i = 0; i < 10_000; i++) authorizer.authorize(base);
    // Some 3 ms where nothing else runs; a scan of the bindings would take a second.
    expect(performance.now() - start).toBeLessThan(200);
  });

  describe("and escalation", () => {
    const write = { user: jane, resource: "roles", namespace: "ns", objectName: "more", requestName: "" };
    beforeEach(() => {
      role("adm", [{ verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps"] }, pods]);
      bind("adm", { name: "adm" }, [{ kind: "User", name: "jane" }], "ns");
    });
    const check = () => escalationCheck(index, rbacAuthorizer(index));

    test("lists what is missing, compacted and sorted", async () => {
      const rules = [
        {
          apiGroups: ["", "apps"],
          resources: ["configmaps", "secrets"],
          verbs: ["get", "delete"],
          resourceNames: ["x"],
        },
        { nonResourceURLs: ["/x"], verbs: ["get"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
      ];
      await expect(check().checkRole(write, rules, false)).rejects.toMatchObject({
        code: 403,
        message: [
          'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
          '{APIGroups:[""], Resources:["configmaps"], ResourceNames:["x"], Verbs:["delete"]}',
          '{APIGroups:[""], Resources:["secrets"], ResourceNames:["x"], Verbs:["get" "delete"]}',
          '{APIGroups:["apps"], Resources:["configmaps"], ResourceNames:["x"], Verbs:["get" "delete"]}',
          '{APIGroups:["apps"], Resources:["secrets"], ResourceNames:["x"], Verbs:["get" "delete"]}',
          '{NonResourceURLs:["/x"], Verbs:["get"]}',
        ].join("\n"),
      });
    });

    test("lets pass what is held, what may be escalated, and masters", async () => {
      await check().checkRole(write, [pods], false);
      await check().checkRole(
        { ...write, user: { name: "x", groups: ["system:masters"] } },
        [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
        true,
      );
      role("esc", [
        { verbs: ["escalate"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], resourceNames: ["ok"] },
      ]);
      bind("esc", { name: "esc" }, [{ kind: "User", name: "jane" }], "ns");
      const secrets = [{ verbs: ["get"], apiGroups: [""], resources: ["secrets"] }];
      await check().checkRole({ ...write, requestName: "ok" }, secrets, false);
      await expect(check().checkRole({ ...write, requestName: "other" }, secrets, false)).rejects.toMatchObject({
        code: 403,
      });
    });

    test("needs full authority for an aggregation rule", async () => {
      await expect(check().checkRole({ ...write, resource: "clusterroles", namespace: "" }, [], true)).rejects.toThrow(
        'clusterroles.rbac.authorization.k8s.io "more" is forbidden: must have cluster-admin privileges to use the aggregationRule',
      );
    });

    test("checks bindings by their role, or the right to bind it", async () => {
      const binding = { ...write, resource: "rolebindings" };
      const ref = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Role", name });
      await check().checkBinding(binding, ref("adm"));
      await expect(check().checkBinding(binding, ref("none"))).rejects.toThrow(
        'rolebindings.rbac.authorization.k8s.io "none" not found',
      );
      role("big", [{ verbs: ["create"], apiGroups: ["apps"], resources: ["deployments"] }]);
      await expect(check().checkBinding(binding, ref("big"))).rejects.toThrow(
        '{APIGroups:["apps"], Resources:["deployments"], Verbs:["create"]}',
      );
      role("bind", [
        { verbs: ["bind"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], resourceNames: ["big"] },
      ]);
      bind("bind", { name: "bind" }, [{ kind: "User", name: "jane" }], "ns");
      await check().checkBinding(binding, ref("big"));
    });
  });
});

import { beforeEach, expect, test } from "vitest";
import { forbiddenTo } from "../meta/access-denied.ts";
import type { Attributes } from "./authorizer.ts";
import { Impersonation, type WantedUser, withoutNameMessage } from "./impersonation.ts";

const NODE_NAME = "authentication.kubernetes.io/node-name";
let allowed: Set<string>;
let asked: string[];
beforeEach(() => {
  allowed = new Set();
  asked = [];
});

const describeQuestion = ({ verb, group, resource, subresource, namespace, name }: Attributes) =>
  `${verb} ${group}/${resource}${subresource && `/${subresource}`} ${namespace && `${namespace}/`}${name}`;
const authorizer = {
  name: "",
  authorize: (attributes: Attributes) => {
    const question = describeQuestion(attributes);
    asked.push(question);
    return { decision: allowed.has(question) ? ("allow" as const) : ("no-opinion" as const), reason: "" };
  },
};
const wanted = (more: Partial<WantedUser>): WantedUser => ({ name: "jane", uid: "", groups: [], extra: {}, ...more });
const request = (user: Partial<Attributes["user"]> = {}): Attributes => ({
  user: { name: "system:serviceaccount:ns:imp", groups: [], ...user },
  verb: "list",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "ns",
  name: "",
  path: "",
});
const decide = (rights: string[], more: Partial<WantedUser>, user?: Partial<Attributes["user"]>) => {
  allowed = new Set(rights);
  return new Impersonation(authorizer, forbiddenTo).decide(wanted(more), request(user));
};

test.each<[string, string[], Partial<WantedUser>, object]>([
  ["a user", ["impersonate /users jane"], {}, { name: "jane", groups: ["system:authenticated"] }],
  [
    "groups",
    ["impersonate /users jane", "impersonate /groups dev"],
    { groups: ["dev"] },
    { name: "jane", groups: ["dev", "system:authenticated"] },
  ],
  [
    "the anonymous user",
    ["impersonate /users system:anonymous"],
    { name: "system:anonymous" },
    { name: "system:anonymous", groups: ["system:unauthenticated"] },
  ],
  [
    "a service account",
    ["impersonate /serviceaccounts ns/robot"],
    { name: "system:serviceaccount:ns:robot" },
    {
      name: "system:serviceaccount:ns:robot",
      groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    },
  ],
  [
    "uid and extra",
    [
      "impersonate /users jane",
      "impersonate authentication.k8s.io/uids 7",
      "impersonate authentication.k8s.io/userextras/scopes x",
    ],
    { uid: "7", extra: { scopes: ["x"] } },
    { name: "jane", uid: "7", groups: ["system:authenticated"], extra: { scopes: ["x"] } },
  ],
])("the old right takes %s", async (_, rights, more, user) => {
  expect(await decide(rights, more)).toEqual({ user, constraint: "" });
});

test.each<[string, string[], Partial<WantedUser>, Partial<Attributes["user"]>, string, string[]]>([
  [
    "user-info",
    ["impersonate-on:user-info:list /pods ns/", "impersonate:user-info authentication.k8s.io/users jane"],
    {},
    {},
    "impersonate:user-info",
    ["system:authenticated"],
  ],
  [
    "serviceaccount",
    [
      "impersonate-on:serviceaccount:list /pods ns/",
      "impersonate:serviceaccount authentication.k8s.io/serviceaccounts ns/robot",
    ],
    { name: "system:serviceaccount:ns:robot" },
    {},
    "impersonate:serviceaccount",
    ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
  ],
  [
    "arbitrary-node",
    ["impersonate-on:arbitrary-node:list /pods ns/", "impersonate:arbitrary-node authentication.k8s.io/nodes a"],
    { name: "system:node:a" },
    {},
    "impersonate:arbitrary-node",
    ["system:nodes", "system:authenticated"],
  ],
  [
    "associated-node",
    ["impersonate-on:associated-node:list /pods ns/", "impersonate:associated-node authentication.k8s.io/nodes *"],
    { name: "system:node:a" },
    { extra: { [NODE_NAME]: ["a"] } },
    "impersonate:associated-node",
    ["system:nodes", "system:authenticated"],
  ],
])("the narrow right of %s is enough", async (_, rights, more, requestor, constraint, groups) => {
  const result = await decide(rights, more, requestor);
  expect([result.constraint, result.user.groups]).toEqual([constraint, groups]);
  for (const right of rights)
    await expect(
      decide(
        rights.filter((other) => other !== right),
        more,
        requestor,
      ),
    ).rejects.toMatchObject({ code: 403 });
});

test("system:masters is not for the narrow rights", async () => {
  const rights = [
    "impersonate-on:user-info:list /pods ns/",
    "impersonate:user-info authentication.k8s.io/users jane",
    "impersonate:user-info authentication.k8s.io/groups system:masters",
  ];
  await expect(decide(rights, { groups: ["system:masters"] })).rejects.toThrow(
    "impersonating the system:masters group is not allowed",
  );
});

test("the way that worked is tried first, and its refusal is told", async () => {
  const impersonation = new Impersonation(authorizer, forbiddenTo);
  await expect(impersonation.decide(wanted({}), request())).rejects.toThrow(
    'pods is forbidden: User "system:serviceaccount:ns:imp" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "ns"',
  );
  allowed = new Set(["impersonate /users jane"]);
  await impersonation.decide(wanted({}), request());
  asked = [];
  await impersonation.decide(wanted({}), request());
  expect(asked).toEqual(["impersonate /users jane"]);
  await expect(impersonation.decide(wanted({ name: "bob" }), request())).rejects.toThrow(
    'users "bob" is forbidden: User "system:serviceaccount:ns:imp" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

test("a group without a user is told as Go prints it", () => {
  expect(withoutNameMessage(wanted({ name: "", groups: ["g"] }))).toBe(
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  );
});

import { expect, test } from "vitest";
import { parseRequestInfo } from "../request-info.ts";
import { matches, type Rules, rulesFor } from "./match.ts";

const spec = (rules: Rules[]) => ({ priorityLevelConfiguration: { name: "x" }, matchingPrecedence: 1, rules });
const user = (name: string, ...groups: string[]) => ({ name, groups });

test.each([
  ["a user by name", { kind: "User", user: { name: "jane" } }, user("jane"), true],
  ["another user", { kind: "User", user: { name: "jane" } }, user("joe"), false],
  ["any user", { kind: "User", user: { name: "*" } }, user("joe"), true],
  ["a member of a group", { kind: "Group", group: { name: "dev" } }, user("joe", "ops", "dev"), true],
  ["no member", { kind: "Group", group: { name: "dev" } }, user("dev", "ops"), false],
  ["any group, even of none", { kind: "Group", group: { name: "*" } }, user("joe"), true],
  [
    "a service account",
    { kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "b" } },
    user("system:serviceaccount:a:b"),
    true,
  ],
  [
    "any service account of a namespace",
    { kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "*" } },
    user("system:serviceaccount:a:c"),
    true,
  ],
  [
    "one of a namespace whose name begins the same",
    { kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "*" } },
    user("system:serviceaccount:ab:c"),
    false,
  ],
])("subjects: %s", (_, subject, who, expected) => {
  expect(rulesFor(spec([{ subjects: [subject] }]), who).length > 0).toBe(expected);
});

const pods = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"], namespaces: ["a"] };
const all = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };

test.each([
  ["a listed verb", pods, "GET", "/api/v1/namespaces/a/pods/x", true],
  ["another verb", pods, "DELETE", "/api/v1/namespaces/a/pods/x", false],
  ["a listed subresource", pods, "GET", "/api/v1/namespaces/a/pods/x/log", true],
  ["another subresource", pods, "GET", "/api/v1/namespaces/a/pods/x/status", false],
  ["another namespace", pods, "GET", "/api/v1/namespaces/b/pods/x", false],
  ["another group", pods, "GET", "/apis/metrics.k8s.io/v1/namespaces/a/pods/x", false],
  ["all namespaces at once", pods, "GET", "/api/v1/pods", false],
  ["any namespace, but not those without", { ...all, namespaces: ["*"] }, "GET", "/api/v1/nodes", false],
  ["any namespace", { ...all, namespaces: ["*"] }, "GET", "/apis/apps/v1/namespaces/a/deployments", true],
  ["cluster scope", { ...all, clusterScope: true }, "GET", "/api/v1/nodes", true],
  ["cluster scope only", { ...all, clusterScope: true }, "GET", "/api/v1/namespaces/a/pods", false],
  [
    "a star beside others is no star",
    { ...all, verbs: ["*", "get"], clusterScope: true },
    "POST",
    "/api/v1/nodes",
    false,
  ],
  ["what is no resource", { ...all, clusterScope: true, namespaces: ["*"] }, "GET", "/healthz", false],
])("resource rules: %s", (_, rule, method, path, expected) => {
  const info = parseRequestInfo(method, path, new URLSearchParams());
  expect(matches([{ subjects: [], resourceRules: [rule] }], info)).toBe(expected);
});

test.each([
  [["/healthz"], "/healthz", true],
  [["/healthz"], "/healthz/ping", true],
  [["/healthz"], "/healthzz", false],
  [["/healthz/*"], "/healthz/ping", true],
  [["/healthz/*"], "/healthz", false],
  [["*"], "/anything", true],
  [["/"], "/anything", true],
])("paths %j and %s: %s", (nonResourceURLs, path, expected) => {
  const info = parseRequestInfo("GET", path, new URLSearchParams());
  const rules = (verbs: string[]) => [{ nonResourceRules: [{ verbs, nonResourceURLs }] }];
  expect(matches(rules(["get"]), info)).toBe(expected);
  expect(matches(rules(["post"]), info)).toBe(false);
});

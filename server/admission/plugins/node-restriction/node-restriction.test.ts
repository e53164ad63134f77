import { beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../../meta/object.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../../plugin.ts";
import { messageOf, TestObjects, testAttributes, testContext } from "../../test-context.ts";
import { nodeRestriction } from "./node-restriction.ts";

const node = { name: "system:node:n", groups: ["system:nodes", "system:authenticated"] };
let objects: TestObjects;
beforeEach(() => {
  objects = new TestObjects();
  put("nodes", { metadata: { name: "n", uid: "u" } });
  put("pods", { metadata: { namespace: "ns", name: "mine", uid: "1" }, spec: { nodeName: "n" } });
  put("pods", { metadata: { namespace: "ns", name: "other", uid: "2" }, spec: { nodeName: "m" } });
});

const put = (resource: string, object: object) => objects.set(resource, object as KubeObject);

interface Request extends Partial<Omit<AdmissionAttributes, "object" | "oldObject">> {
  object?: object;
  oldObject?: object;
}

function ask(request: Request): Promise<string> {
  // The cast: tests write only what matters of an object.
  const { attributes } = testAttributes<KubeObject>({ user: node, ...request } as Partial<AdmissionAttributes>);
  const plugin: AdmissionPlugin = nodeRestriction;
  return messageOf(() => plugin.admit?.(attributes, testContext(objects)));
}

const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "u", controller: true };
const mirror = (spec: object = {}, owners: object[] = [owner]) => ({
  metadata: { name: "p", annotations: { "kubernetes.io/config.mirror": "x" }, ownerReferences: owners },
  spec: { nodeName: "n", ...spec },
});
const token = (uid: string, name = "mine") => ({
  metadata: {},
  spec: { audiences: ["api"], boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid } },
});
const update = (more: Request): Request => ({ operation: "UPDATE", ...more });

test.each<{ what: string; request: Request; message: string }>([
  { what: "a mirror Pod", request: { object: mirror() }, message: "" },
  {
    what: "a Pod that mirrors nothing",
    request: { object: { metadata: {}, spec: {} } },
    message: 'pod does not have "kubernetes.io/config.mirror" annotation, node "n" can only create mirror pods',
  },
  {
    what: "a mirror Pod for another node",
    request: { object: mirror({ nodeName: "m" }) },
    message: 'node "n" can only create pods with spec.nodeName set to itself',
  },
  {
    what: "a mirror Pod of nobody",
    request: { object: mirror({}, []) },
    message: 'node "n" can only create pods with an owner reference set to itself',
  },
  {
    what: "a mirror Pod of a node before",
    request: { object: mirror({}, [{ ...owner, uid: "old" }]) },
    message: "node n UID mismatch: expected old got u",
  },
  {
    what: "a mirror Pod with a ConfigMap",
    request: { object: mirror({ volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: {} }] } }] }) },
    message: 'node "n" can not create pods that reference serviceaccounts (via projected volumes)',
  },
  { what: "the end of its Pod", request: { operation: "DELETE", name: "mine" }, message: "" },
  {
    what: "the end of another's Pod",
    request: { operation: "DELETE", name: "other" },
    message: 'node "n" can only delete pods with spec.nodeName set to itself',
  },
  {
    what: "an eviction of another's Pod",
    request: { subresource: "eviction", name: "other", object: { metadata: {} } },
    message: "node n can only evict pods with spec.nodeName set to itself",
  },
  {
    what: "a binding",
    request: { subresource: "binding", object: { metadata: {} } },
    message: "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
  },
  {
    what: "labels by way of a Pod's status",
    request: update({
      subresource: "status",
      object: { metadata: { labels: { a: "b" } }, spec: {} },
      oldObject: { metadata: {}, spec: { nodeName: "n" } },
    }),
    message: 'node "n" cannot update labels through pod status',
  },
])("of $what NodeRestriction says: $message", async ({ request, message }) => {
  expect(await ask(request)).toBe(message && `pods "${request.name ?? "p"}" is forbidden: ${message}`);
});

const labelled = (labels: object, more: object = {}) => ({ metadata: { name: "n", labels }, spec: {}, ...more });
test.each<{ what: string; request: Request; message: string }>([
  { what: "another node", request: { name: "m" }, message: 'node "n" is not allowed to modify node "m"' },
  {
    what: "labels that are a kubelet's",
    request: { object: labelled({ "kubernetes.io/os": "linux", "x.node.kubernetes.io/a": "", free: "" }) },
    message: "",
  },
  {
    what: "labels that are not",
    request: { object: labelled({ "x.k8s.io/a": "", "node-restriction.kubernetes.io/b": "" }) },
    message: 'node "n" is not allowed to set the following labels: node-restriction.kubernetes.io/b, x.k8s.io/a',
  },
  {
    what: "its taints",
    request: update({
      object: { metadata: {}, spec: {} },
      oldObject: { metadata: {}, spec: { taints: [{ key: "a" }] } },
    }),
    message: 'node "n" is not allowed to modify taints',
  },
])("a node that sets $what is told: $message", async ({ request, message }) => {
  const answer = await ask({ resource: "nodes", name: "n", ...request });
  expect(answer.replace(/^nodes "." is forbidden: /, "")).toBe(message);
});

test.each<{ what: string; object: object; message: string }>([
  { what: "an audience that it names", object: token("1"), message: "" },
  {
    what: "another Pod's node",
    object: token("2", "other"),
    message: "node requested token bound to a pod scheduled on a different node",
  },
  { what: "no Pod", object: { metadata: {}, spec: {} }, message: "node requested token not bound to a pod" },
  {
    what: "an audience that it does not name",
    object: { metadata: {}, spec: { ...token("1").spec, audiences: ["else"] } },
    message:
      'audience "else" not found in pod spec volume, system:node:n is not authorized to request tokens for this audience',
  },
])("a token for $what: $message", async ({ object, message }) => {
  const sources = [{ serviceAccountToken: { audience: "api", path: "t" } }];
  const spec = { nodeName: "n", volumes: [{ name: "v", projected: { sources } }] };
  put("pods", { metadata: { namespace: "ns", name: "mine", uid: "1" }, spec });
  const answer = await ask({ resource: "serviceaccounts", subresource: "token", name: "default", object });
  expect(answer).toBe(message && `serviceaccounts "default" is forbidden: ${message}`);
});

test("who is no node is left alone, and who hides his name is refused", async () => {
  expect(await ask({ user: { name: "system:node:n", groups: [] }, object: { metadata: {}, spec: {} } })).toBe("");
  expect(await ask({ user: { name: "system:node:", groups: ["system:nodes"] } })).toMatch(
    /could not determine node from user "system:node:"$/,
  );
});

const claim = (status: object, metadata: object = {}) => ({
  metadata: { name: "c", namespace: "ns", ...metadata },
  spec: {},
  status: { phase: "Bound", ...status },
});
test.each<{ what: string; object: object; difference?: string }>([
  {
    what: "its size and conditions",
    object: claim({ capacity: { storage: "2Gi" }, conditions: [{ type: "Resizing" }] }),
  },
  { what: "what it resizes", object: claim({ allocatedResources: { storage: "2Gi" } }) },
  {
    what: "its phase",
    object: claim({ phase: "Lost" }),
    difference:
      '@@ -16,7 +16,7 @@\n   "VolumeAttributesClassName": null\n  },\n  "Status": {\n-  "Phase": "Bound",\n+  "Phase": "Lost",\n   "AccessModes": null,\n   "Capacity": null,\n   "Conditions": null,\n',
  },
  {
    what: "its labels",
    object: claim({}, { labels: { a: "b" } }),
    difference:
      '@@ -1,6 +1,9 @@\n {\n  "name": "c",\n  "namespace": "ns",\n+ "labels": {\n+  "a": "b"\n+ },\n  "Spec": {\n   "AccessModes": null,\n   "Selector": null,\n',
  },
])("of a claim's status a node sets $what", async ({ object, difference }) => {
  const request = { resource: "persistentvolumeclaims", subresource: "status", name: "c" };
  const text = 'node "n" is not allowed to update fields other than status.quantity and status.conditions: ';
  const message = difference ? `persistentvolumeclaims "c" is forbidden: ${text}${difference}` : "";
  expect(await ask(update({ ...request, object, oldObject: claim({}) }))).toBe(message);
});

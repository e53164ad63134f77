/** What subresources do not share with their objects, found by asking all of them the same questions. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { HttpClient } from "./http.ts";

const namespace = `subresources-${process.pid}`;
const core = `/api/v1/namespaces/${namespace}`;
const claims = `/apis/resource.k8s.io/v1/namespaces/${namespace}/resourceclaims`;
const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const APPLY = { "content-type": "application/apply-patch+yaml" };
const containers = [{ name: "c", image: "i" }];
let cluster: ClusterUnderTest;
let api: HttpClient;

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 0, scheduler: false });
  api = await HttpClient.open(cluster.kubeconfig);
  await api.post("/api/v1/namespaces", { metadata: { name: namespace } });
  await api.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
  await api.post(`${core}/pods`, { metadata: { name: "p" }, spec: { containers } });
  const request = { name: "r", exactly: { deviceClassName: "d" } };
  await api.post(claims, { metadata: { name: "c" }, spec: { devices: { requests: [request] } } });
});
afterAll(async () => {
  await api?.delete(`/api/v1/namespaces/${namespace}`);
  await api?.delete(`${policies}/${namespace}`);
  await cluster?.stop();
});

test.each([
  [`${core}/pods/p/status`, "Table"],
  [`${core}/pods/p/ephemeralcontainers`, "Pod"],
  [`${core}/pods/p/resize`, "Pod"],
  [`${claims}/c/status`, "ResourceClaim"],
  ["/apis/apiregistration.k8s.io/v1/apiservices/v1.apps/status", "APIService"],
])("%s asked for as a Table, if need be as it is, answers a %s", async (path, kind) => {
  const answer = await api.get(path, { accept: `${TABLE},application/json` });
  expect(answer.body.kind).toBe(kind);
  expect((await api.get(path, { accept: TABLE })).status).toBe(kind === "Table" ? 200 : 406);
});

test.each(["log", "exec", "attach", "portforward"])("nothing is below pods/%s", async (subresource) => {
  const answer = await api.get(`${core}/pods/p/${subresource}/more`);
  expect(answer.status).toBe(404);
  expect(answer.body.message).toBe("the server could not find the requested resource");
});

test("apply of the status of a policy that is not there makes the policy, as for no other status", async () => {
  const kind = { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicy" };
  const query = "?fieldManager=m";
  const path = `${policies}/${namespace}/status${query}`;
  const nameless = await api.send("PATCH", path, kind, APPLY);
  expect(nameless.body.message).toContain("was undeterminable: name must be provided");
  const matchConstraints = {
    resourceRules: [{ apiGroups: ["no.example.com"], apiVersions: ["v1"], resources: ["x"], operations: ["CREATE"] }],
  };
  const spec = { matchConstraints, validations: [{ expression: "true" }] };
  const made = await api.send("PATCH", path, { ...kind, metadata: { name: namespace }, spec }, APPLY);
  expect(made.status).toBe(201);
  const claim = { apiVersion: "resource.k8s.io/v1", kind: "ResourceClaim" };
  expect((await api.send("PATCH", `${claims}/none/status${query}`, claim, APPLY)).status).toBe(404);
});

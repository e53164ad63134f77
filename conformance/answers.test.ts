/** Corners of the wire that were found by comparing with kube-apiserver request by request. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { HttpClient } from "./http.ts";

const namespace = `answers-${process.pid}`;
const core = `/api/v1/namespaces/${namespace}`;
const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
const otherNamespace = "the namespace of the provided object does not match the namespace sent on the request";
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
let cluster: ClusterUnderTest;
let api: HttpClient;

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 0, scheduler: false });
  api = await HttpClient.open(cluster.kubeconfig);
  await api.post("/api/v1/namespaces", { metadata: { name: namespace } });
  await api.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
  await api.post(`${core}/configmaps`, { metadata: { name: "a" }, data: { k: "v" } });
  await api.post(`${core}/pods`, { metadata: { name: "p" }, spec: { nodeName: "nowhere", ...template.spec } });
  await api.post(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name: "web" },
    spec: { replicas: 0, selector: { matchLabels: { a: "b" } }, template },
  });
});
afterAll(async () => {
  await api?.delete(`/api/v1/namespaces/${namespace}`);
  await cluster?.stop();
});

const unreadable = (kind: string) => new RegExp(`: no kind "${kind}" is registered for version "v1" in scheme`);
const scale = (more: object) => ({ metadata: { name: "web", namespace }, spec: { replicas: 0 }, ...more });

test.each<[method: string, path: string, body: unknown, code: number, message: RegExp | string]>([
  ["POST", `${core}/bindings`, {}, 500, "target.name: Required value"],
  ["POST", `${core}/pods/p/eviction?dryRun=All`, { metadata: { name: "p", namespace: "zz" } }, 400, otherNamespace],
  ["POST", `${core}/serviceaccounts/default/token`, { metadata: { namespace: "zz" }, spec: {} }, 400, otherNamespace],
  [
    "PATCH",
    `${deployment}/scale`,
    { metadata: { uid: "x" } },
    409,
    /^Operation cannot be fulfilled on deployments\/scale.apps "web": Precondition failed: UID in precondition: x, UID in object meta: /,
  ],
  [
    "PUT",
    `${deployment}/scale`,
    scale({ kind: "Scale", apiVersion: "extensions/v1beta1" }),
    400,
    "the API version in the data (extensions/v1beta1) does not match the expected API version (autoscaling/v1)",
  ],
  [
    "PATCH",
    `${core}/configmaps/a`,
    { apiVersion: null },
    400,
    "the name of the object (a based on URL) was undeterminable: name must be provided",
  ],
  [
    "GET",
    `${core}/configmaps?continue=x`,
    undefined,
    400,
    "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
  ],
  ["GET", `${core}/configmaps?resourceVersion=18446744073709551616`, undefined, 400, /value out of range$/],
  [
    "GET",
    "/api/v1/componentstatuses?watch=1",
    undefined,
    405,
    'watch is not supported on resources of kind "componentstatuses"',
  ],
  ["GET", `${core}/pods/p/log`, undefined, 404, 'pods "nowhere" not found'],
  [
    "POST",
    `${core}/serviceaccounts/default/token`,
    { metadata: { uid: "zz" }, spec: {} },
    409,
    /the UID in the token request \(zz\) does not match the UID of the service account/,
  ],
  [
    "POST",
    `${core}/serviceaccounts/default/token`,
    { spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "" } } },
    400,
    "Name parameter required.",
  ],
  [
    "POST",
    `${core}/pods/p/portforward?ports=x`,
    undefined,
    400,
    'cannot convert to []int32: strconv.ParseUint: parsing "x": invalid syntax',
  ],
])("%s %s %j answers %i", async (method, path, body, code, message) => {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const answer = await api.send(method, path, body, { "content-type": type });
  expect(answer.body.message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  expect(answer.status).toBe(code);
});

const reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

test.each([
  ["POST", "/apis/apps", 200, "application/json"],
  ["PUT", "/apis/apps/", 200, "application/json"],
  ["POST", "/apis/apiregistration.k8s.io", 405, "application/json"],
  ["POST", "/apis/apps/v1", 405, "application/json"],
  ["GET", reviews, 405, "application/json"],
  ["GET", `${reviews}/x`, 404, "application/json"],
  ["DELETE", `${core}/bindings/x`, 404, "application/json"],
  ["GET", "/openapi/v3/", 404, undefined],
])("%s %s answers %i, as it has a handler, a route or neither", async (method, path, code, type) => {
  const answer = await api.send(method, path);
  expect(answer.status).toBe(code);
  expect(answer.headers["content-type"]).toBe(type);
});

test.each([
  [{ "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" }, 304, undefined],
  [{ "If-Modified-Since": "Fri, 01 Jan 2010 00:00:00 GMT" }, 200, "application/json"],
  [{ Accept: "application/json;q=0.5, application/com.github.proto-openapi.spec.v2@v1.0+protobuf" }, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"], // biome-ignore format: one case a line
  [{ Accept: "text/html" }, 406, undefined],
])("/openapi/v2 with %j answers %i", async (headers, code, type) => {
  const answer = await api.get("/openapi/v2", headers as unknown as Record<string, string>);
  expect(answer.status).toBe(code);
  expect(answer.headers["content-type"]).toBe(type);
  expect(answer.headers.vary).toBe("Accept-Encoding, Accept");
});

test("a token for no audience at all is none for the API server", async () => {
  const path = `${core}/serviceaccounts/default/token`;
  const { body } = await api.post(path, { spec: { audiences: [""] } });
  const review = await api.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: body.status.token } });
  expect(review.body.status.error).toContain('token audiences [""] is invalid for the target audiences');
});

test("a token for one audience twice is for one", async () => {
  const path = `${core}/serviceaccounts/default/token`;
  const { body } = await api.post(path, { spec: { audiences: ["a", "a"] } });
  const spec = { token: body.status.token, audiences: ["a"] };
  const review = await api.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec });
  expect(review.body.status.audiences).toEqual(["a"]);
});

test("a user is impersonated whose name is not of ASCII", async () => {
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const name = Buffer.from("zoé", "utf8").toString("latin1"); // as clients put it on the wire
  const answer = await api.send("POST", path, Buffer.from("{}"), { "impersonate-user": name });
  expect(answer.body.status.userInfo.username).toBe("zoé");
});

test.each<[object, RegExp]>([
  [{ kind: "Nope", data: 5 }, unreadable("Nope")],
  [
    { apiVersion: {}, data: 5 },
    /: couldn't get version\/kind; json parse error: json: cannot unmarshal object into Go struct field .apiVersion of type string$/,
  ],
  [{ data: 5 }, /: json: cannot unmarshal number into Go struct field ConfigMap.data of type map\[string\]string$/],
])("a patch to %j is refused for its kind before its fields", async (patch, message) => {
  const answer = await api.patch(`${core}/configmaps/a`, patch);
  expect(answer.status).toBe(422);
  expect(answer.body.message).toMatch(message);
});

test("a LimitRange without a name is given one", async () => {
  const answer = await api.post(`${core}/limitranges`, { spec: { limits: [] } });
  expect(answer.status).toBe(201);
  expect(answer.body.metadata.name).toMatch(/^[0-9a-f-]{36}$/);
});

test("an option of deletion that belongs to an alpha feature is not there", async () => {
  const options = { ignoreStoreReadErrorWithClusterBreakingPotential: true, dryRun: ["All"] };
  expect((await api.delete(`${core}/configmaps/a`, options)).status).toBe(200);
});

test("a list at a revision of the far future is told that it is too large", async () => {
  const answer = await api.get(`${core}/configmaps?resourceVersion=18446744073709551615`);
  expect(answer.status).toBe(504);
  expect(answer.body.message).toMatch(/^Timeout: Too large resource version: 18446744073709551615, current: \d+$/);
});

test("a watch that wants what a revision of the far future had is told so within its stream", async () => {
  const query = "watch=1&resourceVersion=99999999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  const watch = await api.watch(`${core}/configmaps?${query}&allowWatchBookmarks=true`);
  const [event] = await watch.until(() => true);
  watch.close();
  expect(event).toMatchObject({ type: "ERROR", object: { code: 504, reason: "Timeout" } });
});

test("a watch whose time is negative ends before its first event", async () => {
  const { status, body } = await api.get(`${core}/configmaps?watch=1&resourceVersion=0&timeoutSeconds=-5`);
  expect(status).toBe(200);
  expect(body).toBeFalsy();
});

test("what strategies set is nobody's field, in namespaces of the start as in others", async () => {
  const { body } = await api.get("/api/v1/namespaces/kube-node-lease");
  expect(body.spec.finalizers).toEqual(["kubernetes"]);
  expect(body.metadata.managedFields).toHaveLength(1);
  expect(body.metadata.managedFields[0].fieldsV1).not.toHaveProperty("f:spec");
});

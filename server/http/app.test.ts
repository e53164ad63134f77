import { createServer, type Server } from "node:http";
import request from "supertest";
import { afterEach, expect, test } from "vitest";
import { auditLog } from "../auth/audit/audit-log.ts";
import type { AppOptions } from "./app-options.ts";
import { testApp } from "./test-app.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const body = (name: string, more: object = {}) => ({
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name },
  ...more,
});
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function serve(more: Partial<AppOptions> = {}) {
  const { app, store } = testApp(more);
  const server = createServer((req, res) => void app.handle(req, res)).listen(0);
  servers.push(server);
  return { app, store, api: request(server) };
}

const failure = (code: number, reason: string, message: string, details?: object) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  ...(reason && { reason }),
  ...(details && { details }),
  code,
});
const NO_RESOURCE = failure(404, "NotFound", "the server could not find the requested resource", {});
const NO_METHOD = failure(
  405,
  "MethodNotAllowed",
  "the server does not allow this method on the requested resource",
  {},
);

test.each([
  ["get", "/api/v1/nothings", NO_RESOURCE],
  ["get", "/api/v9", NO_RESOURCE],
  ["get", "/api/v1//namespaces", NO_RESOURCE],
  ["get", "/api/v1/namespaces/a/namespaces/b", NO_RESOURCE],
  ["get", "/api/v1/namespaces/a/namespaces", NO_RESOURCE],
  ["get", "/api/v1/configmaps/x", NO_RESOURCE],
  ["get", `${CONFIG_MAPS}/x/status`, NO_RESOURCE],
  ["get", `${CONFIG_MAPS}/a%2Fb`, NO_RESOURCE],
  ["post", "/api/v1/configmaps", NO_METHOD],
  ["put", CONFIG_MAPS, NO_METHOD],
  ["patch", CONFIG_MAPS, NO_METHOD],
  ["delete", "/api/v1/configmaps", NO_METHOD],
  ["post", `${CONFIG_MAPS}/x`, NO_METHOD],
  ["options", CONFIG_MAPS, NO_METHOD],
  ["post", "/version", NO_METHOD],
  ["post", "/api/v1", NO_METHOD],
] as const)("%s %s answers %o", async (method, path, status) => {
  const { api } = serve();
  const answer = await api[method](path);
  expect(answer.body).toEqual(status);
  expect(answer.status).toBe(status.code);
  expect(answer.headers["cache-control"]).toBe("no-cache, private");
});

test.each([
  ["application/merge-patch+json", "{", 404],
  ["application/json-patch+json", "{", 404],
  ["application/strategic-merge-patch+json", "", 404],
  ["application/apply-patch+yaml", "{", 400],
])("a %s that is wrong (%j) answers %i where there is no object", async (type, text, code) => {
  const { api } = serve();
  const path = `${CONFIG_MAPS}/none?fieldManager=a`;
  expect((await api.patch(path).set("Content-Type", type).send(text)).status).toBe(code);
});

test("numbers of an apply that fit no int64 are floats, not maps", async () => {
  const { api } = serve();
  const path = `${CONFIG_MAPS}/large?fieldManager=a`;
  const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generation: 9223372036854775808\n";
  const answer = await api.patch(path).set("Content-Type", "application/apply-patch+yaml").send(text);
  expect(answer.body.message).not.toContain("map[string]interface");
});

test.each([
  ["apiVersion: []\nkind: ConfigMap", "array into Go struct field .apiVersion of type string"],
  ["apiVersion: v1\nkind: {}", "object into Go struct field .kind of type string"],
  ["- a", "array into Go value of type struct"],
  ['a: "b', "yaml: found unexpected end of stream"],
])("YAML without a type that can be read (%j) is refused in upstream's words", async (text, message) => {
  const { api } = serve();
  const answer = await api.post(CONFIG_MAPS).set("Content-Type", "application/yaml").send(text);
  expect(answer.body.message).toContain("the object provided is unrecognized (must be of type ConfigMap): ");
  expect(answer.body.message).toContain(message);
});

test.each([
  "//api/v1/namespaces",
  "/nope",
  "/apis/nope",
  "/apis/nope/v1",
  "/apis/nope/v1/things",
  "/readyz/nope",
  "/healthz/",
])("GET %s answers Go's own page", async (path) => {
  const answer = await serve().api.get(path);
  expect([answer.status, answer.text]).toEqual([404, "404 page not found\n"]);
  expect(answer.headers).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
});

test("an object lives: create, get, update, patch, list, delete", async () => {
  const { api } = serve();
  const created = await api.post(CONFIG_MAPS).send(body("a", { data: { x: "<1>" } }));
  expect(created.status).toBe(201);
  expect(created.text).toContain('"data":{"x":"\\u003c1\\u003e"}}\n');
  const got = await api.get(`${CONFIG_MAPS}/a`);
  expect(got.text).toBe(created.text);
  expect(got.headers["content-length"]).toBe(String(Buffer.byteLength(got.text)));
  const put = await api.put(`${CONFIG_MAPS}/a`).send(body("a", { data: { x: "2" } }));
  expect(put.body.data).toEqual({ x: "2" });
  for (const [type, patch] of [
    ["merge-patch+json", { data: { y: "3" } }],
    ["strategic-merge-patch+json", { data: { z: "4" } }],
    ["json-patch+json", [{ op: "remove", path: "/data/x" }]],
  ] as const) {
    const patched = await api.patch(`${CONFIG_MAPS}/a`).type(`application/${type}`).send(JSON.stringify(patch));
    expect(patched.status).toBe(200);
  }
  const list = await api.get("/api/v1/configmaps");
  expect(list.text).toMatch(
    /^{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":\[{"metadata":/,
  );
  expect(list.body.items).toMatchObject([{ metadata: { name: "a" }, data: { y: "3", z: "4" } }]);
  const gone = await api.delete(`${CONFIG_MAPS}/a`);
  expect(gone.body).toMatchObject({ status: "Success", details: { name: "a", kind: "configmaps" } });
  expect((await api.get(`${CONFIG_MAPS}/a`)).body).toEqual(
    failure(404, "NotFound", 'configmaps "a" not found', { name: "a", kind: "configmaps" }),
  );
});

test.each([
  [
    "application/json",
    "{not json",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'n' looking for beginning of object key string ({not json)",
  ],
  [
    "application/json",
    "",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ],
  [
    "application/json",
    '{"kind":"Secret","apiVersion":"v1"}',
    400,
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  ],
  [
    "application/json",
    '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1"}',
    400,
    'PartialObjectMetadata in version "v1" cannot be handled as a ConfigMap: no kind "PartialObjectMetadata" is registered for version "meta.k8s.io/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  ],
  [
    "application/json",
    '{"kind":"ConfigMap","apiVersion":"v2"}',
    400,
    'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  ],
  [
    "application/json",
    '{"kind":"ConfigMap","apiVersion":"v1","data":{"a":1}}',
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    "application/xml",
    "{}",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  ],
  [
    "application/yaml",
    "a: b: c\n\t- x",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): yaml: mapping values are not allowed in this context (613a20623a20630a092d2078)",
  ],
  [
    "application/json;a",
    "{}",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  ],
  [
    "application/json",
    '{"kind":"ConfigMap","apiVersion":"a/b/c"}',
    400,
    'the object provided is unrecognized (must be of type ConfigMap): unexpected GroupVersion string: a/b/c ({"kind":"ConfigMap","apiVersio ...)',
  ],
  [
    "application/yaml",
    "a: \u0001",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): yaml: control characters are not allowed (613a2001)",
  ],
  [
    "application/yaml",
    "? [a]\n: b",
    400,
    'the object provided is unrecognized (must be of type ConfigMap): yaml: invalid map key: []interface {}{"a"} (3f205b615d0a3a2062)',
  ],
  [
    "application/yaml",
    "true: 1\nnull: 2",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): unsupported map key of type: %!s(<nil>), key: <nil>, value: 2 (747275653a20310a6e756c6c3a2032)",
  ],
  [
    "application/yaml",
    "metadata: {name: a}\nbinaryData: {a: !!binary aGVsbG8=}",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 4',
  ],
])("a %s body of %j answers %i", async (type, text, code, message) => {
  const answer = await serve().api.post(CONFIG_MAPS).type(type).send(text);
  expect(answer.status).toBe(code);
  expect(answer.body.message).toBe(message);
});

test.each([
  ["opened", `a: ${"[".repeat(20_000)}`],
  ["closed, too", `{"a":${"[".repeat(9999)}${"]".repeat(9999)}}`],
])("YAML that is nested too deep is refused: %s", async (_, text) => {
  const answer = await serve().api.post(CONFIG_MAPS).type("application/yaml").send(text);
  expect(answer.status).toBe(400);
  expect(answer.body.message).toContain("(must be of type ConfigMap): yaml: exceeded max depth of 10000 (");
});

test("a body beyond 3 MiB answers 413", async () => {
  const answer = await serve()
    .api.post(CONFIG_MAPS)
    .send(body("a", { data: { x: "x".repeat(3 * 1024 * 1024) } }));
  expect(answer.body).toEqual(failure(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"));
});

test.each([
  ["Warn", 201, undefined],
  ["", 201, undefined],
  [
    "Strict",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
  ],
  ["Ignore", 201, undefined],
])("an unknown field with fieldValidation %j answers %i", async (fieldValidation, code, message) => {
  const answer = await serve()
    .api.post(CONFIG_MAPS)
    .query({ fieldValidation })
    .send(body("a", { extra: 1 }));
  expect([answer.status, answer.body.message]).toEqual([code, message]);
  const warned = fieldValidation === "Warn" || fieldValidation === "";
  expect(answer.headers.warning).toBe(warned ? '299 - "unknown field \\"extra\\""' : undefined);
});

test.each([
  [
    "post",
    CONFIG_MAPS,
    { dryRun: "Some" },
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  ],
  [
    "post",
    CONFIG_MAPS,
    { fieldValidation: "X" },
    'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "X": supported values: "", "Ignore", "Strict", "Warn"',
  ],
  [
    "patch",
    `${CONFIG_MAPS}/a`,
    { force: "true" },
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  ],
  [
    "get",
    CONFIG_MAPS,
    { resourceVersionMatch: "Exact" },
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    "get",
    CONFIG_MAPS,
    { watch: "1", continue: "x" },
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
  ],
  [
    "delete",
    `${CONFIG_MAPS}/a`,
    { propagationPolicy: "X" },
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "X": supported values: "Foreground", "Background", "Orphan", "nil"',
  ],
] as const)("%s %s with %o answers 422", async (method, path, query, message) => {
  const call = serve().api[method](path).query(query);
  const answer = await (method === "patch" ? call.type("application/merge-patch+json").send("{}") : call.send());
  expect([answer.status, answer.body.message]).toEqual([422, message]);
});

test.each([
  ["limit=many", 'strconv.ParseInt: parsing "many": invalid syntax'],
  ["fieldSelector=data.x%3D1", '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ["labelSelector=a+in+(&limit=x", 'strconv.ParseInt: parsing "x": invalid syntax'],
  ["labelSelector=a+in+(", "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ["timeout=x", 'invalid timeout specified in the request URL - time: invalid duration "x"'],
])("a list with %s answers 400", async (query, message) => {
  const answer = await serve().api.get(`${CONFIG_MAPS}?${query}`);
  expect(answer.body).toEqual(failure(400, "BadRequest", message));
});

test("PUT of another name or namespace answers 400", async () => {
  const { api } = serve();
  const name = await api.put(`${CONFIG_MAPS}/a`).send(body("b"));
  expect(name.body.message).toBe("the name of the object (b) does not match the name on the URL (a)");
  const namespace = await api.put(`${CONFIG_MAPS}/a`).send({ ...body("a"), metadata: { name: "a", namespace: "x" } });
  expect(namespace.body.message).toBe(
    "the namespace of the provided object does not match the namespace sent on the request",
  );
});

test("bad credentials answer 401, missing rights 403", async () => {
  const { api } = serve();
  const bad = await api.get("/api/v1/configmaps").set("X-Test-User", "bad");
  expect(bad.body).toEqual(failure(401, "Unauthorized", "Unauthorized"));
  const nobody = await api.get(`${CONFIG_MAPS}/x`).set("X-Test-User", "nobody").set("Audit-ID", "mine");
  const message =
    'configmaps "x" is forbidden: User "nobody" cannot get resource "configmaps" in API group "" in the namespace "default"';
  expect(nobody.body).toEqual(failure(403, "Forbidden", message, { name: "x", kind: "configmaps" }));
  expect(nobody.headers).toMatchObject({ "x-content-type-options": "nosniff", "audit-id": "mine" });
  const path = await api.get("/metrics").set("X-Test-User", "nobody");
  expect(path.body.message).toBe('forbidden: User "nobody" cannot get path "/metrics"');
});

function audited(level: "Metadata" | "RequestResponse", more: object = {}) {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line), stop: async () => {} };
  const policy = { rules: [{ level, ...more }] };
  const { api } = serve({ audit: auditLog({ policy, sink, now: () => new Date() }) });
  return { api, events: () => lines.map((line) => JSON.parse(line)) };
}

test.each<Record<string, string>>([
  {},
  { authorization: "Bearer x" },
  { authorization: `Basic ${btoa("user:password")}` },
])("failed authentication is audited as it is answered: %j", async (headers) => {
  const { api, events } = audited("Metadata");
  await api.get(CONFIG_MAPS).set({ "X-Test-User": "bad", ...headers });
  const responseStatus = {
    metadata: {},
    status: "Failure",
    message: "Unauthorized",
    reason: "Unauthorized",
    code: 401,
  };
  expect(events()).toMatchObject([{ stage: "ResponseStarted", user: {}, verb: "list", responseStatus }]);
});

test("what is created is audited as decoded, and by its name", async () => {
  const { api, events } = audited("RequestResponse", { omitManagedFields: true });
  await api.post(CONFIG_MAPS).send({ metadata: { name: "a", managedFields: [{ manager: "m" }] }, data: { x: "y" } });
  await api.get(CONFIG_MAPS).set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
  const [, created, , listed] = events();
  expect(created.objectRef).toEqual({ resource: "configmaps", namespace: "default", name: "a", apiVersion: "v1" });
  expect(created.requestObject).toEqual({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "a" },
    data: { x: "y" },
  });
  expect(JSON.stringify(listed.responseObject.rows)).toContain('"metadata":{"name":"a"');
  expect(JSON.stringify(listed.responseObject.rows)).not.toContain("managedFields");
});

test("a watch by its path alone is checked as a list", async () => {
  const path = "/api/v1/watch/namespaces/default/configmaps?sendInitialEvents=true";
  const answer = await serve().api.get(path);
  expect([answer.status, answer.body.message]).toEqual([
    422,
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
  ]);
});

test("a request with a bad timeout is refused, and audited", async () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), stop: async () => {} };
  const { api } = serve({
    audit: auditLog({ policy: { rules: [{ level: "Metadata" }] }, sink, now: () => new Date() }),
  });
  const message = 'invalid timeout specified in the request URL - time: invalid duration "soon"';
  const answer = await api.get(`${CONFIG_MAPS}?timeout=soon`);
  expect(answer.body).toEqual(failure(400, "BadRequest", message));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { stage: "ResponseStarted", verb: "list", responseStatus: { metadata: {}, message, code: 400 } },
  ]);
});

test("impersonation asks for each part, and acts as the other", async () => {
  const asked: string[] = [];
  const authorizer = {
    name: "test",
    authorize: (a: {
      user: { name: string; groups: readonly string[] };
      verb: string;
      resource: string;
      name: string;
    }) => {
      asked.push(`${a.user.name} ${a.verb} ${a.resource} ${a.name} ${a.user.groups.join()}`);
      return { decision: a.name === "root" ? ("no-opinion" as const) : ("allow" as const), reason: "" };
    },
  };
  const { api } = serve({ authorizer });
  await api
    .get(CONFIG_MAPS)
    .set({ "Impersonate-User": "jane", "Impersonate-Group": "dev", "Impersonate-Extra-Scopes": "a" });
  expect(asked).toEqual([
    // The narrow rights come first; they refuse extra keys without a domain.
    "admin impersonate-on:user-info:list configmaps  system:masters",
    "admin impersonate:user-info users jane system:masters",
    "admin impersonate:user-info groups dev system:masters",
    "admin impersonate users jane system:masters",
    "admin impersonate groups dev system:masters",
    "admin impersonate userextras a system:masters",
    "jane list configmaps  dev,system:authenticated",
  ]);
  const denied = await api.get(CONFIG_MAPS).set("Impersonate-User", "root");
  expect(denied.body.message).toBe(
    'users "root" is forbidden: User "admin" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  const groups = await api.get(CONFIG_MAPS).set("Impersonate-Group", "g");
  expect([groups.status, groups.body.message]).toEqual([
    400,
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  ]);
});

test("too many writes at once answer 429, but not to administrators", async () => {
  const { api, store } = serve({ maxMutatingRequestsInFlight: 1 });
  let release = () => {};
  store.hold = new Promise((resolve) => {
    release = resolve;
  });
  const first = api.post(CONFIG_MAPS).set("X-Test-User", "jane").send(body("a"));
  const waiting = first.then((answer) => answer.status);
  await expect.poll(() => store.held).toBe(1);
  const second = await api.post(CONFIG_MAPS).set("X-Test-User", "jane").send(body("b"));
  expect([second.status, second.text]).toEqual([429, "Too many requests, please try again later.\n"]);
  const { text } = await api.get("/metrics");
  expect(text).toMatch(/^apiserver_request_terminations_total\{code="429",.*resource="configmaps".*\} 1$/m);
  expect(second.headers["retry-after"]).toBe("1");
  const admin = api
    .post(CONFIG_MAPS)
    .send(body("c"))
    .then((answer) => answer.status);
  release();
  expect(await Promise.all([waiting, admin])).toEqual([201, 201]);
});

test("while it stops, probes are answered, and other requests are not", async () => {
  const { api, app } = serve();
  await app.drain();
  expect((await api.get("/livez")).text).toBe("ok");
  const refused = await api.get(CONFIG_MAPS);
  expect([refused.status, refused.headers["retry-after"], refused.headers["content-type"]]).toEqual([
    503,
    "1",
    "application/json",
  ]);
  expect(refused.body).toEqual(failure(503, "ServiceUnavailable", "apiserver is shutting down"));
  const own = await api.get(CONFIG_MAPS).set("User-Agent", "kube-apiserver/v1.36.2");
  expect(own.status).toBe(200);
});

test("a request that takes too long answers 504 without a kind", async () => {
  const { api, store } = serve({ requestTimeoutMilliseconds: 50 });
  store.hold = new Promise(() => {});
  const answer = await api.post(CONFIG_MAPS).send(body("a"));
  expect(answer.status).toBe(504);
  expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(answer.text).toBe(
    '{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}\n',
  );
});

test("a bug answers 500 and the server goes on", async () => {
  const { api, store } = serve();
  store.list = () => Promise.reject(new TypeError("a bug"));
  const answer = await api.get(CONFIG_MAPS);
  expect([answer.status, answer.text]).toEqual([
    500,
    "This request caused apiserver to panic. Look in the logs for details.\n",
  ]);
  expect((await api.get("/healthz")).text).toBe("ok");
});

test("a Table of a bad includeObject is refused once the write is done", async () => {
  const { api } = serve();
  const wanted = { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const bad =
    "Unable to convert to Table as requested: includeObject: Invalid value: \"Bad\": must be 'Metadata', 'Object', 'None', or empty";
  const made = await api.post(`${CONFIG_MAPS}?includeObject=Bad`).set(wanted).send(body("a"));
  expect([made.status, made.body.message]).toEqual([400, bad]);
  expect((await api.get(`${CONFIG_MAPS}/a`)).status).toBe(200);
  const gone = await api.delete(`${CONFIG_MAPS}/a?includeObject=Bad`).set(wanted);
  expect([gone.status, gone.body.message]).toEqual([400, bad]);
  expect((await api.get(`${CONFIG_MAPS}/a`)).status).toBe(404);
});

test("a list of metadata that is empty has null for its items", async () => {
  const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
  const { text } = await serve().api.get(CONFIG_MAPS).set("Accept", accept).buffer(true);
  expect(text).toMatch(/"items":null\}\n$/);
});

test("lists come as Tables, PartialObjectMetadata, YAML and protobuf", async () => {
  const { api } = serve();
  await api.post(CONFIG_MAPS).send(body("a", { data: { x: "1" } }));
  const as = (accept: string) => api.get(CONFIG_MAPS).set("Accept", accept).buffer(true);
  expect((await as("application/json;as=Table;v=v1;g=meta.k8s.io")).body).toMatchObject({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    columnDefinitions: [{ name: "Name", type: "string", format: "name", description: "", priority: 0 }],
    rows: [{ cells: ["a"], object: { kind: "PartialObjectMetadata", metadata: { name: "a" } } }],
  });
  expect((await as("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")).body).toMatchObject({
    kind: "PartialObjectMetadataList",
    items: [{ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } }],
  });
  expect((await as("application/yaml")).text).toContain('items:\n- data:\n    x: "1"\n  metadata:\n    name: a\n');
  const protobuf = await as("application/vnd.kubernetes.protobuf").responseType("blob");
  expect(protobuf.body.subarray(0, 4).toString("latin1")).toBe("k8s\0");
  const refused = await as("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
  expect(refused.body.message).toBe(
    "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)",
  );
});

test("large answers are compressed when asked, and arrive whole either way", async () => {
  const { api } = serve();
  for (let i = 0; i < 12; i++) await api.post(CONFIG_MAPS).send(body(`c${i}`, { data: { x: "x".repeat(100_000) } }));
  const plain = await api.get(CONFIG_MAPS).set("Accept-Encoding", "identity");
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(plain.headers["content-length"]).toBe(String(Buffer.byteLength(plain.text)));
  const zipped = await api.get(CONFIG_MAPS).set("Accept-Encoding", "deflate, gzip");
  expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
  expect(zipped.text).toBe(plain.text);
  const small = await api.get(`${CONFIG_MAPS}/c1`).set("Accept-Encoding", "gzip");
  expect(small.headers["content-encoding"]).toBeUndefined();
});

test("health says what is wrong only to those who ask the check itself", async () => {
  const sick = { name: "etcd", on: ["livez" as const], check: () => Promise.reject(new Error("disk full")) };
  const { api } = serve({ healthChecks: [{ name: "ping", on: ["livez"], check: () => {} }, sick] });
  const all = await api.get("/livez");
  expect([all.status, all.text]).toEqual([500, "[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n"]);
  const one = await api.get("/livez/etcd");
  expect([one.status, one.text]).toEqual([500, "internal server error: disk full\n"]);
  const rest = await api.get("/livez?verbose&exclude=etcd&exclude=bogus");
  expect(rest.text).toBe(
    '[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "bogus"\nlivez check passed\n',
  );
});

test("discovery tells kinds in both forms, with a name for its state", async () => {
  const { api } = serve();
  const plain = await api.get("/api/v1");
  expect(plain.body).toMatchObject({
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [{ name: "configmaps" }],
  });
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const aggregated = await api.get("/api").set("Accept", `${accept},application/json`);
  expect(aggregated.headers["content-type"]).toBe(accept);
  expect(aggregated.body.items[0].versions[0]).toMatchObject({ version: "v1", freshness: "Current" });
  const same = await api.get("/api").set("Accept", accept).set("If-None-Match", String(aggregated.headers.etag));
  expect([same.status, same.text]).toEqual([304, ""]);
  const old = await api.get("/api").set("Accept", accept.replace("v2", "v2beta1"));
  expect(old.status).toBe(406);
});

test("metrics count requests by resource, and not by paths that do not exist", async () => {
  const { api } = serve();
  await api.get(CONFIG_MAPS);
  await api.get(`${CONFIG_MAPS}/none`);
  await api.get("/api/v1/made-up");
  const { text } = await api.get("/metrics");
  expect(text).toMatch(
    /apiserver_request_total{code="200",.*resource="configmaps",scope="namespace",.*verb="LIST",version="v1"} 1/,
  );
  expect(text).toMatch(/apiserver_request_total{code="404",.*scope="resource",.*verb="GET",version="v1"} 1/);
  expect(text).toContain("apiserver_request_duration_seconds_bucket");
  expect(text).not.toContain("made-up");
});

test.each([
  ["post", CONFIG_MAPS, "application/json", 'scope="resource",subresource="",verb="POST"'],
  ["patch", `${CONFIG_MAPS}/x?fieldManager=a`, "application/apply-patch+yaml", 'scope="resource",.*verb="APPLY"'],
  ["patch", `${CONFIG_MAPS}/x`, "application/merge-patch+json", 'scope="resource",.*verb="PATCH"'],
  ["delete", CONFIG_MAPS, "application/json", 'scope="namespace",.*verb="DELETE"'],
  ["get", "/readyz", "", 'component="",.*resource="",scope="",subresource="/readyz",verb="GET",version=""'],
] as const)("%s %s as %s is counted as upstream does: %s", async (method, path, type, labels) => {
  const { api } = serve();
  await api[method](path)
    .set("Content-Type", type)
    .send(method === "get" || method === "delete" ? "" : JSON.stringify(body("x")));
  const { text } = await api.get("/metrics");
  for (const name of ["request_total", "request_duration_seconds_count", "request_sli_duration_seconds_count"]) {
    expect(text).toMatch(new RegExp(`apiserver_${name}{.*${labels}`));
  }
});

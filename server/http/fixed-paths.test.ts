import { expect, test } from "vitest";
import { testServer } from "./test-server.ts";

const NEGOTIATED =
  "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";
const ROUTED = "406: Not Acceptable\n\nAvailable representations: application/json";
const FORMATS = `${ROUTED}, application/yaml, application/vnd.kubernetes.protobuf`;

test.each([
  ["/apis", "application/*", 200, undefined],
  ["/apis", "*", 200, undefined],
  ["/apis", "text/html", 406, NEGOTIATED],
  ["/apis/apps", "application/*", 404, undefined],
  ["/api", "application/json;as=", 200, undefined],
  ["/api", "application/*", 406, FORMATS],
  ["/api/v1", "text/html", 406, FORMATS],
  ["/version", "*/*", 200, undefined],
  ["/version", "application/json;stream=x", 200, undefined],
  ["/version", "application/*", 406, ROUTED],
  ["/version", "application/yaml", 406, undefined],
  ["/statusz", "application/json", 406, NEGOTIATED.replace("vnd.kubernetes.protobuf", "").replace(/application\/$/, "text/plain")], // biome-ignore format: one case a line
  ["/statusz", "application/json;as=Flagz;g=config.k8s.io;v=v1beta1", 406, undefined],
])("%s with Accept %s answers %i", async (path, accept, code, message) => {
  const answer = await testServer().get(path).set("Accept", accept);
  expect(answer.status).toBe(code);
  if (message) expect(answer.body.message).toBe(message);
});

test.each([
  ["post", "/", 200],
  ["delete", "/", 200],
  ["get", "/index.html", 200],
  ["trace", "/healthz", 200],
  ["propfind", "/apis", 200],
  ["trace", "/version", 405],
  ["propfind", "/api", 405],
  ["get", "/api%2Fv1", 200],
  ["get", "/debug/pprof/", 404],
] as const)("%s %s answers %i", async (method, path, code) => {
  expect((await testServer()[method](path)).status).toBe(code);
});

test("a path with a bad escape is refused as by Go's server, before any filter", async () => {
  const answer = await testServer().get("/api/v1/namespaces/a/configmaps/%zz");
  expect(answer.status).toBe(400);
  expect(answer.text).toBe("400 Bad Request");
  expect(answer.headers).not.toHaveProperty("audit-id");
});

test("a query's bad pairs are as if they were not there", async () => {
  const answer = await testServer().get("/api/v1/configmaps?labelSelector=%&limit=5;&fieldSelector=%zz");
  expect(answer.status).toBe(200);
});

test.each([
  [
    "",
    "text/plain; charset=utf-8",
    /^\napiserver statusz\nWarning: [^\n]+\n\nStarted: Sun Sep {2}5 .*UTC 2027\nUp: 0 hr/,
  ],
  [
    "application/json;as=Statusz;g=config.k8s.io;v=v1beta1",
    "application/json;g=config.k8s.io;v=v1beta1;as=Statusz",
    /"paths": \[\n {4}"\/flagz",/,
  ],
  [
    "application/yaml;as=Statusz;g=config.k8s.io;v=v1alpha1",
    "application/yaml;g=config.k8s.io;v=v1alpha1;as=Statusz",
    /^apiVersion: config.k8s.io\/v1alpha1\n/,
  ],
])("/statusz with Accept %j is %s", async (accept, type, text) => {
  const answer = await testServer({ now: () => new Date("2027-09-05T01:02:03Z") })
    .get("/statusz")
    .set("Accept", accept)
    .buffer();
  expect(answer.headers["content-type"]).toBe(type);
  expect(answer.text ?? answer.body.toString()).toMatch(text);
  expect("warning" in answer.headers).toBe(type.includes("v1alpha1"));
});

test("/flagz shows the flags that the server was started with", async () => {
  const answer = await testServer({ flags: { "event-ttl": "1h0m0s", "audit-log-path": "" } }).get("/flagz");
  expect(answer.text.split("\n").slice(3)).toEqual(["audit-log-path:", "event-ttl:1h0m0s", ""]);
});

test("/metrics/slis tells how the health checks went, until it is reset", async () => {
  const api = testServer();
  await api.get("/livez");
  const { text } = await api.get("/metrics/slis");
  expect(text).toContain('kubernetes_healthcheck{name="ping",type="livez"} 1');
  expect(text).toContain('kubernetes_healthchecks_total{name="ping",status="success",type="livez"} 1');
  expect((await api.delete("/metrics/slis")).text).toBe("metrics reset\n");
  expect((await api.get("/metrics/slis")).text).not.toContain("livez");
});

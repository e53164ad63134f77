import { request as httpsRequest } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Client,
  createAuthenticator,
  createAuthorizer,
  ManualClock,
  OPEN_PATHS,
  silentLogger,
  type TrustingServer,
  trustFrom,
} from "../client/index.ts";
import type { ConfigMap } from "../openapi/api/core.v1.ts";
import { unwrap } from "../openapi/protobuf/codec.ts";
import { clientCertificate, createAuthority, serverCertificate } from "../pki/authority.ts";
import type { PodMetrics } from "./metrics.ts";
import { createOwnMetrics } from "./own-metrics.ts";
import type { MetricsReader } from "./reader.ts";
import { serveMetrics } from "./server.ts";
import { notThere } from "./status-error.ts";

const now = new Date();
const [proxyCa, clientCa] = [createAuthority("front-proxy-ca", now), createAuthority("ca", now)];
const proxy = clientCertificate(proxyCa, { commonName: "front-proxy-client", organizations: [] }, now);
const admin = clientCertificate(clientCa, { commonName: "admin", organizations: ["system:masters"] }, now);
const settings = {
  data: {
    "client-ca-file": clientCa.certificate,
    "requestheader-client-ca-file": proxyCa.certificate,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": "[]",
    "requestheader-extra-headers-prefix": "[]",
  },
} as unknown as ConfigMap;
const pod: PodMetrics = {
  kind: "PodMetrics",
  apiVersion: "metrics.k8s.io/v1beta1",
  metadata: { name: "web", namespace: "ns", creationTimestamp: "2026-01-01T00:00:00Z" },
  timestamp: "2026-01-01T00:00:00Z",
  window: "15s",
  containers: [{ name: "c", usage: { cpu: "1m", memory: "8Mi" } }],
};
const reader: MetricsReader = {
  node: async (name) => {
    throw notThere("node", name);
  },
  nodes: async () => [],
  pod: async () => pod,
  pods: async (namespace) => (namespace === "none" ? [] : [pod]),
};

/** The API server: it knows one token, and lets its owner list Pods. */
const client = {
  create: async (
    resource: string,
    { spec }: { spec: { token?: string; user?: string; resourceAttributes?: object } },
  ) => {
    if (resource.endsWith("tokenreviews")) {
      return { status: { authenticated: spec.token === "good", user: { username: "jane", groups: [] } } };
    }
    const mayList = { verb: "list", resource: "pods" };
    return {
      status: {
        allowed: spec.user === "jane" && expect.objectContaining(mayList).asymmetricMatch(spec.resourceAttributes),
      },
    };
  },
} as unknown as Client;

const metrics = createOwnMetrics();
let api: TrustingServer;
beforeAll(async () => {
  const { certificate, key } = serverCertificate(clientCa, { commonName: "x", organizations: [] }, ["127.0.0.1"], now);
  const clock = new ManualClock(now);
  api = await serveMetrics({
    ...{ host: "127.0.0.1", port: 0, certificate, key, reader, logger: silentLogger },
    trust: trustFrom(settings),
    metrics,
    documents: () => new Map(),
    authenticate: createAuthenticator(client, clock),
    authorize: createAuthorizer(client, clock, OPEN_PATHS),
  });
});
afterAll(() => api.stop());
beforeAll(() => metrics.asked("n", { success: true, seconds: 0.01, at: now.getTime() }));

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: Buffer;
}

function ask(path: string, headers: Record<string, string | string[]> = {}, more: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: api.port, path, headers, rejectUnauthorized: false, agent: false };
    httpsRequest({ ...options, ...more } as object, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0, headers: got } = response;
        resolve({ code: statusCode, type: got["content-type"] ?? "", body: Buffer.concat(chunks) });
      });
    })
      .on("error", reject)
      .end();
  });
}
const asAdmin = { cert: admin.certificate, key: admin.key };
const PODS = "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

const jane = clientCertificate(clientCa, { commonName: "jane, a+b", organizations: ["x, y"] }, now);
const asJane = { cert: jane.certificate, key: jane.key };
const asProxy = { cert: proxy.certificate, key: proxy.key };

test.each<[string, Record<string, string | string[]>, object, number, string]>([
  ["nobody in particular", {}, {}, 403, 'User "system:anonymous" cannot list resource "pods"'],
  ["a token", { authorization: "Bearer good" }, {}, 200, ""],
  ["a wrong token", { authorization: "Bearer bad" }, {}, 401, "Unauthorized"],
  ["a client of the cluster", {}, asAdmin, 200, ""],
  ["a client with a comma in its name", {}, asJane, 403, 'User "jane, a+b"'],
  ["the front proxy, for jane", { "x-remote-user": "jane" }, asProxy, 200, ""],
  ["the front proxy, for joe", { "x-remote-user": "joe" }, asProxy, 403, 'User "joe"'],
  [
    "the front proxy, for joe of two groups",
    { "x-remote-user": "joe", "x-remote-group": ["a", "system:masters"] },
    asProxy,
    200,
    "",
  ],
  [
    "the front proxy, for joe of one group with a comma in its name",
    { "x-remote-user": "joe", "x-remote-group": ["a, system:masters"] },
    asProxy,
    403,
    'User "joe"',
  ],
  [
    "the front proxy, for jörg",
    { "x-remote-user": Buffer.from("jörg").toString("latin1") },
    asProxy,
    403,
    'User "jörg"',
  ],
  ["somebody who says to be the proxy", { "x-remote-user": "jane" }, {}, 403, 'User "system:anonymous"'],
  [
    "jane as another",
    { authorization: "Bearer good", "impersonate-user": "x" },
    {},
    403,
    'users "x" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  ["a master as jane", { "impersonate-user": "jane" }, asAdmin, 200, ""],
  ["a master as joe", { "impersonate-user": "joe" }, asAdmin, 403, 'User "joe" cannot list resource "pods"'],
  [
    "a master as a service account",
    { "impersonate-user": "system:serviceaccount:ns:default" },
    asAdmin,
    403,
    'User "system:serviceaccount:ns:default" cannot list',
  ],
  ["a master as nobody", { "impersonate-group": "x" }, asAdmin, 400, "without impersonating a user name"],
])("%s lists Pods", async (_, headers, more, code, message) => {
  const answer = await ask(PODS, headers, more);
  expect(answer.code).toBe(code);
  if (message) expect(JSON.parse(String(answer.body)).message).toContain(message);
});

test.each<[path: string, accept: string, method: string, code: number, type: string, text: string]>([
  [PODS, "", "GET", 200, "application/json", '{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1"'],
  [PODS, "application/yaml", "GET", 200, "application/yaml", "kind: PodMetricsList"],
  [`${PODS}/web`, "text/html", "GET", 406, "application/json", "Available representations: application/json"],
  [
    `${PODS}/web`,
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "GET",
    200,
    "application/json",
    '"cells":["web","1m","8Mi","15s"]',
  ],
  [
    PODS.replace("/ns/", "/none/"),
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "GET",
    200,
    "application/json",
    '"rows":null',
  ],
  [
    `${PODS}/web`,
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "GET",
    200,
    "application/json",
    '{"kind":"PartialObjectMetadata"',
  ],
  [
    PODS,
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "GET",
    406,
    "application/json",
    "is a list (*metrics.PodMetricsList)",
  ],
  [
    `${PODS}?watch=1`,
    "",
    "GET",
    405,
    "application/json",
    'watch is not supported on resources of kind \\"pods.metrics.k8s.io\\"',
  ],
  [PODS, "", "POST", 405, "application/json", "the server does not allow this method on the requested resource"],
  [`${PODS}?limit=x`, "", "GET", 400, "application/json", 'strconv.ParseInt: parsing \\"x\\": invalid syntax'],
  [
    "/apis/metrics.k8s.io/v1beta1/nodes/none",
    "application/yaml",
    "GET",
    404,
    "application/yaml",
    'message: node "none" not found',
  ],
  [
    "/apis/metrics.k8s.io/v1beta1/deployments",
    "",
    "GET",
    404,
    "application/json",
    "could not find the requested resource",
  ],
  [
    "/apis",
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    "GET",
    200,
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    '"freshness":"Current"',
  ],
  ["/healthz", "", "GET", 200, "text/plain; charset=utf-8", "ok"],
  ["/", "", "GET", 200, "application/json", '"/apis/metrics.k8s.io/v1beta1"'],
  ["/version", "", "GET", 200, "application/json", '"gitVersion": "v0.8.0"'],
  [
    "/metrics",
    "",
    "GET",
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    'metrics_server_kubelet_request_total{success="true"} 1',
  ],
])("%s as %j by %s answers %i", async (path, accept, method, code, type, text) => {
  const answer = await ask(path, accept ? { accept } : {}, { ...asAdmin, method });
  expect([answer.code, answer.type]).toEqual([code, type]);
  expect(String(answer.body)).toContain(text);
});

test.each(["//", "//[", "//a:b/", "http://["])(
  "a request for %s is answered as any other that nobody knows",
  async (path) => {
    expect((await ask(path, {}, asAdmin)).code).toBe(404);
  },
);

test("metrics travel as protobuf, in the numbers of their fields", async () => {
  const { type, body } = await ask(`${PODS}/web`, { accept: PROTOBUF }, asAdmin);
  expect(type).toBe(PROTOBUF);
  const { apiVersion, kind, raw } = unwrap(body);
  expect([apiVersion, kind]).toEqual(["metrics.k8s.io/v1beta1", "PodMetrics"]);
  // 1 metadata, 2 timestamp, 3 window, 4 containers with 1 name and 2 usage, as Go writes them.
  expect(Buffer.from(raw).toString("hex")).toBe(
    "0a1d0a0377656212001a026e7322002a003200380042080880f2d6ca06100012080880f2d6ca0610001a060880acc7f03722210a0163120b0a0363707512040a02316d120f0a066d656d6f727912050a03384d69",
  );
});

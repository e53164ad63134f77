import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { clientCertificate, createAuthority, serverCertificate } from "../pki/authority.ts";
import { admin, bearer, call, testFolder } from "./start/test-server.ts";
import type { Server } from "./start.ts";

const folder = testFolder();
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

describe("a server with many settings", () => {
  const later = createAuthority("another-ca", new Date());
  const signing = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const auditLogPath = join(folder.path, "audit.log");
  let server: Server;
  beforeAll(async () => {
    server = await folder.run({
      anonymousAuth: false,
      tokenAuthFile: folder.file("tokens.csv", 'secret,jane,7,"system:masters,dev"\nweak,joe,8\n'),
      clientCaFile: folder.file("client-ca.crt", later.certificate),
      serviceAccountSigningKeyFile: folder.file("sa.key", String(signing)),
      serviceAccountIssuers: ["https://one.example", "https://two.example"],
      apiAudiences: ["api"],
      corsAllowedOrigins: [/^https:\/\/ui\.example$/],
      serviceClusterIpRange: "10.20.0.0/24",
      serviceNodePortRange: { first: 20_000, last: 20_015 },
      auditLogPath,
      auditPolicyFile: folder.json("policy.json", {
        apiVersion: "audit.k8s.io/v1",
        kind: "Policy",
        rules: [
          { level: "RequestResponse", resources: [{ resources: ["configmaps"] }] },
          { level: "Metadata", resources: [{ resources: ["secrets"] }] },
          { level: "None" },
        ],
      }),
    });
  });
  afterAll(() => server?.stop());

  test("takes tokens of the file and certificates of the other CA, and nobody without either", async () => {
    const who = (options: RequestOptions) =>
      call(server, "/apis/authentication.k8s.io/v1/selfsubjectreviews", { ...options, method: "POST" }, {});
    expect((await who({})).code).toBe(401);
    expect((await who(bearer("wrong"))).code).toBe(401);
    const token = await who(bearer("secret"));
    expect(token.body.status.userInfo).toMatchObject({
      username: "jane",
      uid: "7",
      groups: ["system:masters", "dev", "system:authenticated"],
    });
    const { certificate: cert, key } = clientCertificate(
      later,
      { commonName: "kim", organizations: ["system:masters"] },
      new Date(),
    );
    expect((await who({ cert, key })).body.status.userInfo.username).toBe("kim");
  });

  test("takes a token among the subprotocols of a WebSocket, and refuses one that stands alone", async () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from("secret").toString("base64url")}`;
    const ask = (protocols: string) =>
      call(server, "/api/v1/nodes", { headers: { "sec-websocket-protocol": protocols } }).then(({ code }) => code);
    expect(await ask(`v4.channel.k8s.io, ${protocol}`)).toBe(200);
    expect(await ask(protocol)).toBe(401);
  });

  test("signs service-account tokens with the given key, issuer and audience", async () => {
    const namespace = "/api/v1/namespaces/default/serviceaccounts";
    await call(server, namespace, { ...admin(server), method: "POST" }, { metadata: { name: "robot" } });
    const path = `${namespace}/robot/token`;
    const { code, body } = await call(server, path, { ...admin(server), method: "POST" }, {});
    expect(code).toBe(201);
    const [header, claims] = (body.status.token as string)
      .split(".")
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
    expect(header).toMatchObject({ alg: "ES256" });
    expect(claims).toMatchObject({ iss: "https://one.example", aud: ["api"] });
    expect((await call(server, CONFIG_MAPS, bearer(body.status.token))).code).toBe(403);
    const discovery = await call(server, "/.well-known/openid-configuration", admin(server));
    expect(discovery.body.issuer).toBe("https://one.example");
  });

  test("answers browsers of the allowed origin only", async () => {
    const allowed = (origin: string) =>
      call(server, "/version", { ...admin(server), headers: { origin } }).then(
        ({ headers }) => headers["access-control-allow-origin"],
      );
    expect(await allowed("https://ui.example")).toBe("https://ui.example");
    expect(await allowed("https://evil.example")).toBeUndefined();
  });

  test("gives Services addresses and ports out of its ranges", async () => {
    const services = "/api/v1/namespaces/default/services";
    const spec = { type: "NodePort", ports: [{ port: 80 }] };
    const post = { ...admin(server), method: "POST" };
    const { body } = await call(server, services, post, { metadata: { name: "web" }, spec });
    expect(body.spec.clusterIP).toMatch(/^10\.20\.0\.\d+$/);
    expect(body.spec.ports[0].nodePort).toBeGreaterThanOrEqual(20_000);
    expect(body.spec.ports[0].nodePort).toBeLessThanOrEqual(20_015);
    const kubernetes = await call(server, `${services}/kubernetes`, admin(server));
    expect(kubernetes.body.spec.clusterIP).toBe("10.20.0.1");
    const wrong = { type: "NodePort", ports: [{ port: 80, nodePort: 30_000 }] };
    const refused = await call(server, services, post, { metadata: { name: "other" }, spec: wrong });
    expect(refused.body.message).toContain("The range of valid ports is 20000-20015");
  });

  test("sends a bookmark two seconds before a watch ends", async () => {
    const path = "/api/v1/namespaces/default/secrets?watch=1&allowWatchBookmarks=true&timeoutSeconds=3";
    const { body } = await call(server, `${path}&resourceVersion=0`, admin(server));
    const events = body
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line));
    expect(events).toHaveLength(2);
    expect(events[0].object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
    expect(events[1]).toMatchObject({ type: "BOOKMARK", object: { kind: "Secret" } });
    expect(events[1].object.metadata).toEqual({ resourceVersion: expect.stringMatching(/^\d+$/) });
  });

  test("writes an audit log by its policy", async () => {
    const headers = { "user-agent": "audited/1", "x-forwarded-for": "10.1.2.3, junk" };
    const created = { metadata: { name: "seen" }, data: { a: "1" } };
    await call(server, `${CONFIG_MAPS}?pretty=true`, { ...admin(server), method: "POST", headers }, created);
    await call(server, `${CONFIG_MAPS}/gone`, {
      ...bearer("secret"),
      headers: { ...bearer("secret").headers, ...headers },
    });
    await call(server, CONFIG_MAPS, { headers: { ...bearer("weak").headers, ...headers } });
    await call(server, "/api/v1/namespaces/default/secrets?watch=1&timeoutSeconds=1", { ...admin(server), headers });
    const read = () =>
      readFileSync(auditLogPath, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ userAgent }) => userAgent === "audited/1");
    await vi.waitFor(() => expect(read()).toHaveLength(9));
    const lines = read();
    const [received, complete, , missing, , refused, , streaming, done] = lines;
    expect(received).toMatchObject({ stage: "RequestReceived", level: "RequestResponse", verb: "create" });
    expect(received).not.toHaveProperty("responseStatus");
    expect(complete).toMatchObject({
      kind: "Event",
      stage: "ResponseComplete",
      requestURI: `${CONFIG_MAPS}?pretty=true`,
      sourceIPs: ["10.1.2.3", "127.0.0.1"],
      user: { username: "admin" },
      objectRef: { resource: "configmaps", namespace: "default", apiVersion: "v1" },
      responseStatus: { metadata: {}, code: 201 },
      requestObject: created,
      responseObject: { kind: "ConfigMap", metadata: { name: "seen", resourceVersion: expect.any(String) } },
      annotations: { "authorization.k8s.io/decision": "allow" },
    });
    expect(missing).toMatchObject({
      stage: "ResponseComplete",
      objectRef: { name: "gone" },
      responseStatus: { status: "Failure", reason: "NotFound", code: 404, message: 'configmaps "gone" not found' },
      responseObject: { kind: "Status" },
    });
    expect(refused).toMatchObject({
      user: { username: "joe" },
      responseStatus: { code: 403, reason: "Forbidden" },
      annotations: { "authorization.k8s.io/decision": "forbid" },
    });
    expect(streaming).toMatchObject({ stage: "ResponseStarted", level: "Metadata", verb: "watch" });
    expect(done).toMatchObject({ stage: "ResponseComplete", responseStatus: { code: 200 } });
    expect(done).not.toHaveProperty("responseObject");
  });
});

test("serves with the certificate it is given, ends slow requests, and AlwaysAllow allows", async () => {
  const authority = createAuthority("serving-ca", new Date());
  const pair = serverCertificate(authority, { commonName: "own", organizations: [] }, ["127.0.0.1"], new Date());
  const server = await folder.run({
    authorizationModes: ["AlwaysAllow"],
    tokenAuthFile: folder.file("anybody.csv", "weak,joe,8\n"),
    tls: { certFile: folder.file("tls.crt", pair.certificate), privateKeyFile: folder.file("tls.key", pair.key) },
    minRequestTimeoutSeconds: 1,
  });
  try {
    const nobody = { rejectUnauthorized: true, ca: authority.certificate };
    // Where everybody may do everything, everybody must at least be known.
    expect((await call(server, "/api/v1/nodes", nobody)).code).toBe(401);
    const trusting = { ...nobody, ...bearer("weak") };
    expect((await call(server, "/api/v1/nodes", trusting)).code).toBe(200);
    const started = Date.now();
    await call(server, "/api/v1/nodes?watch=1", trusting);
    expect(Date.now() - started).toBeLessThan(5000);
  } finally {
    await server.stop();
  }
});

test.each([
  { enablePriorityAndFairness: true, priorityLevel: "exempt", metrics: 1, checks: 2, code: 200 },
  { enablePriorityAndFairness: false, priorityLevel: undefined, metrics: 0, checks: 0, code: 404 },
])("priority and fairness: $enablePriorityAndFairness", async ({ enablePriorityAndFairness, ...expected }) => {
  const server = await folder.run({ enablePriorityAndFairness });
  try {
    const get = (path: string) => call(server, path, admin(server));
    const levels = await get("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations");
    const names = new Map<unknown, unknown>();
    for (const { metadata } of levels.body.items) names.set(metadata.uid, metadata.name);
    const ready = (await get("/readyz?verbose")).body as string;
    const metrics = (await get("/metrics")).body as string;
    expect({
      priorityLevel: names.get(levels.headers["x-kubernetes-pf-prioritylevel-uid"]),
      metrics: metrics.match(/^apiserver_flowcontrol_nominal_limit_seats\{priority_level="system"} 74$/gm)?.length ?? 0,
      checks: ready.match(/\]poststarthook\/priority-and-fairness-(filter|config-consumer) ok/g)?.length ?? 0,
      code: (await get("/debug/api_priority_and_fairness/dump_queues")).code,
    }).toEqual(expected);
  } finally {
    await server.stop();
  }
});

test.each([
  ["http://[", 400],
  ["http://other/version", 200],
])("asked for %s, it answers %i", async (path, code) => {
  const server = await folder.run();
  const { port } = new URL(server.url);
  const sent = request({ host: "127.0.0.1", port, path, ...admin(server), rejectUnauthorized: false, agent: false });
  sent.end();
  const [answer] = await once(sent, "response");
  expect(answer.statusCode).toBe(code);
  answer.resume();
  await server.stop();
});

test("a server that is to stop goes on for its delay, and says that it is not ready", async () => {
  const server = await folder.run({ shutdownDelayMilliseconds: 400 });
  const began = performance.now();
  const stopped = Promise.all([server.stop(), server.stop()]);
  const get = (path: string) => call(server, path, admin(server));
  const [live, ready, shutdown, list] = await Promise.all(
    ["/livez", "/readyz", "/readyz/shutdown", CONFIG_MAPS].map(get),
  );
  expect(live?.body).toBe("ok");
  expect([ready?.code, ready?.body]).toEqual([500, expect.stringContaining("[-]shutdown failed: reason withheld\n")]);
  expect(shutdown?.body).toBe("internal server error: process is shutting down\n");
  expect(list?.code).toBe(200);
  await stopped;
  expect(performance.now() - began).toBeGreaterThan(390);
  await expect(get("/livez")).rejects.toThrow();
});

test("a server starts again with another server's APIs in its store", async () => {
  const where = { dataDir: join(folder.path, "apiservices"), storage: `sqlite:${join(folder.path, "apiservices.db")}` };
  const service = { namespace: "default", name: "none" };
  const spec = { group: "later.example", version: "v1", service, groupPriorityMinimum: 1, versionPriority: 1 };
  const metadata = { name: "v1.later.example" };
  const body = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata, spec };
  const path = "/apis/apiregistration.k8s.io/v1/apiservices";
  const first = await folder.run({}, where);
  expect(await call(first, path, { method: "POST", ...admin(first) }, body)).toMatchObject({ code: 201 });
  await first.stop();
  const second = await folder.run({}, where);
  expect(await call(second, `${path}/${metadata.name}`, admin(second))).toMatchObject({ code: 200 });
  await second.stop();
});

test("keys are not written to wherever it happens to be started", async () => {
  await expect(folder.run({}, { dataDir: "" })).rejects.toThrow("dataDir is empty");
});

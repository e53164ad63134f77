import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestOptions, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { clientCertificate, createAuthority, serverCertificate } from "../pki/authority.ts";
import { createPki } from "../pki/pki.ts";
import { serveTestPlugin } from "./auth/encryption/kms/test-plugin.ts";
import type { ServerSettings } from "./start/settings.ts";
import { type Server, start } from "./start.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const json = (name: string, value: unknown) => file(name, JSON.stringify(value));

let runs = 0;
function run(settings: Partial<ServerSettings>, more: { dataDir?: string; storage?: string } = {}): Promise<Server> {
  return start({
    dataDir: join(folder, `data-${++runs}`),
    storage: "memory:",
    durability: "relaxed",
    bindAddress: "127.0.0.1",
    port: 0,
    logLevel: "error",
    admissionPlugins: { enable: [], disable: [] },
    settings,
    ...more,
  });
}

interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  // Any object of the API.
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it field by field
  body: any;
}

function call(server: Server, path: string, options: RequestOptions = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", ...options.headers };
    const url = `${server.url}${path}`;
    const sent = request(url, { rejectUnauthorized: false, agent: false, ...options, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => {
        text += part;
      });
      answer.on("end", () => {
        const isJson = answer.headers["content-type"]?.includes("json") && !path.includes("watch=");
        resolve({
          code: answer.statusCode ?? 0,
          headers: answer.headers,
          body: isJson ? JSON.parse(text) : text,
        });
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The administrator's certificate, as request options. */
function admin(server: Server): RequestOptions {
  const config = server.kubeconfig({ commonName: "admin", organizations: ["system:masters"] });
  const data = (key: string) => Buffer.from(new RegExp(`${key}: (\\S+)`).exec(config)?.[1] ?? "", "base64");
  return { cert: data("client-certificate-data"), key: data("client-key-data") };
}
const bearer = (token: string): RequestOptions => ({ headers: { authorization: `Bearer ${token}` } });
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

describe("a server with many settings", () => {
  const later = createAuthority("another-ca", new Date());
  const signing = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const auditLogPath = join(folder, "audit.log");
  let server: Server;
  beforeAll(async () => {
    server = await run({
      anonymousAuth: false,
      tokenAuthFile: file("tokens.csv", 'secret,jane,7,"system:masters,dev"\nweak,joe,8\n'),
      clientCaFile: file("client-ca.crt", later.certificate),
      serviceAccountSigningKeyFile: file("sa.key", String(signing)),
      serviceAccountIssuers: ["https://one.example", "https://two.example"],
      apiAudiences: ["api"],
      corsAllowedOrigins: [/^https:\/\/ui\.example$/],
      serviceClusterIpRange: "10.20.0.0/24",
      serviceNodePortRange: { first: 20_000, last: 20_015 },
      auditLogPath,
      auditPolicyFile: json("policy.json", {
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

test("encrypts Secrets on disk, reads them after a restart and a rotation, and not without the key", async () => {
  const dataDir = join(folder, "encrypted");
  const storage = `sqlite:${join(folder, "encrypted.db")}`;
  const key = (name: string) => ({ name, secret: randomBytes(32).toString("base64") });
  const configuration = (name: string, ...keys: { name: string; secret: string }[]) =>
    json(name, {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets"], providers: [{ aesgcm: { keys } }, { identity: {} }] }],
    });
  const [old, fresh] = [key("old"), key("fresh")];
  const secrets = "/api/v1/namespaces/default/secrets";
  const add = async (server: Server, name: string) => {
    const secret = { metadata: { name }, stringData: { word: "plain-as-day" } };
    expect((await call(server, secrets, { ...admin(server), method: "POST" }, secret)).code).toBe(201);
  };
  const onDisk = () => {
    const bytes = Buffer.concat(
      ["", "-wal"].map((suffix) => {
        try {
          return readFileSync(join(folder, `encrypted.db${suffix}`));
        } catch {
          return Buffer.alloc(0); // the journal is gone once it is merged
        }
      }),
    );
    return (text: string) => bytes.includes(text);
  };
  const first = await run({ encryptionProviderConfig: configuration("1.json", old) }, { dataDir, storage });
  await add(first, "one");
  const visible = { metadata: { name: "open" }, data: { word: "not-secret-at-all" } };
  await call(first, CONFIG_MAPS, { ...admin(first), method: "POST" }, visible);
  await first.stop();
  const found = onDisk();
  const plain = Buffer.from("plain-as-day").toString("base64");
  expect([found("k8s:enc:aesgcm:v1:old:"), found(plain), found("not-secret-at-all")]).toEqual([true, false, true]);

  const second = await run({ encryptionProviderConfig: configuration("2.json", fresh, old) }, { dataDir, storage });
  const read = async (name: string) => (await call(second, `${secrets}/${name}`, admin(second))).body;
  expect((await read("one")).data.word).toBe(plain);
  await add(second, "two");
  // An update that changes nothing: written once, with the new key, then no more. (storage/etcd3 GuaranteedUpdate)
  const replace = async (name: string) => {
    const { body } = await call(second, `${secrets}/${name}`, { ...admin(second), method: "PUT" }, await read(name));
    return body.metadata.resourceVersion;
  };
  const versions = {
    one: (await read("one")).metadata.resourceVersion,
    two: (await read("two")).metadata.resourceVersion,
  };
  const rewritten = await replace("one");
  expect(rewritten).not.toBe(versions.one);
  expect(await replace("one")).toBe(rewritten);
  expect(await replace("two")).toBe(versions.two);
  await add(second, "three");
  await second.stop();
  expect(onDisk()("k8s:enc:aesgcm:v1:fresh:")).toBe(true);

  const third = await run({ encryptionProviderConfig: configuration("4.json", fresh) }, { dataDir, storage });
  expect((await call(third, `${secrets}/one`, admin(third))).body.data.word).toBe(plain);
  await third.stop();
  const lost = json("5.json", {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ identity: {} }] }],
  });
  const without = run({ encryptionProviderConfig: lost }, { dataDir, storage });
  await expect(without).rejects.toThrow("the stored bytes of /registry/secrets/default/one cannot be read");
});

test("encrypts with a KMS plugin's key, reads after its rotation, and neither starts nor is ready without it", async () => {
  const socket = join(folder, "kms.sock");
  let plugin = await serveTestPlugin(socket);
  const encryptionProviderConfig = json("kms.json", {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [
          { kms: { apiVersion: "v2", name: "vault", endpoint: `unix://${socket}`, timeout: "1s" } },
          { identity: {} },
        ],
      },
    ],
  });
  const options = { dataDir: join(folder, "kms"), storage: `sqlite:${join(folder, "kms.db")}` };
  const secrets = "/api/v1/namespaces/default/secrets";
  const first = await run({ encryptionProviderConfig }, options);
  const secret = { metadata: { name: "one" }, stringData: { word: "plain-as-day" } };
  expect((await call(first, secrets, { ...admin(first), method: "POST" }, secret)).code).toBe(201);
  for (const endpoint of ["readyz", "healthz"]) {
    expect((await call(first, `/${endpoint}?verbose`, admin(first))).body).toContain("[+]kms-providers ok");
  }
  expect((await call(first, "/livez?verbose", admin(first))).body).not.toContain("kms-providers");
  await first.stop();
  expect(readFileSync(join(folder, "kms.db")).includes("k8s:enc:kms:v2:vault:")).toBe(true);

  plugin.keyId = "key-2";
  const second = await run({ encryptionProviderConfig }, options);
  const { body } = await call(second, `${secrets}/one`, admin(second));
  expect(Buffer.from(body.data.word, "base64").toString()).toBe("plain-as-day");
  await second.stop();

  plugin.stop();
  await expect(run({ encryptionProviderConfig }, options)).rejects.toThrow(
    "the stored bytes of /registry/secrets/default/one cannot be read: Error: failed to decrypt DEK, error: rpc error: code = DeadlineExceeded",
  );
  // Nothing to decrypt: the server starts, is not ready, and refuses what it could not store.
  const empty = { dataDir: join(folder, "kms-empty"), storage: `sqlite:${join(folder, "kms-empty.db")}` };
  const third = await run({ encryptionProviderConfig }, empty);
  const ready = await call(third, "/readyz/kms-providers", admin(third));
  expect([ready.code, ready.body]).toEqual([
    500,
    expect.stringMatching(/^internal server error: kms-provider-0: .*code = DeadlineExceeded/),
  ]);
  const refused = await call(third, secrets, { ...admin(third), method: "POST" }, secret);
  expect([refused.code, refused.body.message]).toEqual([
    500,
    "Internal error occurred: got unexpected nil transformer",
  ]);
  const visible = { metadata: { name: "open" }, data: { word: "x" } };
  expect((await call(third, CONFIG_MAPS, { ...admin(third), method: "POST" }, visible)).code).toBe(201);
  plugin = await serveTestPlugin(socket);
  const isReady = async () => (await call(third, "/readyz/kms-providers", admin(third))).code;
  await expect.poll(isReady, { timeout: 20_000, interval: 500 }).toBe(200);
  expect((await call(third, secrets, { ...admin(third), method: "POST" }, secret)).code).toBe(201);
  await third.stop();
  plugin.stop();
}, 60_000);

test("encrypts as a changed file says, with --encryption-provider-config-automatic-reload", async () => {
  const path = join(folder, "reloaded.json");
  const write = (...providers: object[]) =>
    json("reloaded.json", {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets"], providers }],
    });
  write({ identity: {} });
  const storage = `sqlite:${join(folder, "reloaded.db")}`;
  const settings = { encryptionProviderConfig: path, encryptionProviderConfigAutomaticReload: true };
  const server = await run(settings, { storage });
  const metric = async (name: string) => {
    const { body } = await call(server, "/metrics", admin(server));
    return [...body.matchAll(new RegExp(`^apiserver_encryption_config_controller_${name}\\{(.*)\\} (.*)$`, "gm"))];
  };
  const reloads = async () =>
    Object.fromEntries(
      (await metric("automatic_reloads_total")).map(([, labels, value]) => [/status="(\w+)"/.exec(labels)?.[1], value]),
    );
  const before = (await metric("last_config_info"))[0]?.[1];
  expect((await call(server, "/readyz?verbose", admin(server))).body).toContain("[+]kms-providers ok");
  write({ secretbox: { keys: [{ name: "box", secret: randomBytes(32).toString("base64") }] } }, { identity: {} });
  await expect.poll(reloads, { timeout: 10_000 }).toEqual({ success: "1" });
  expect((await metric("last_config_info"))[0]?.[1]).not.toBe(before);
  write({ rot13: {} });
  await expect.poll(reloads, { timeout: 10_000 }).toEqual({ success: "1", failure: "1" });
  const secret = { metadata: { name: "s" }, stringData: { word: "w" } };
  const secrets = "/api/v1/namespaces/default/secrets";
  expect((await call(server, secrets, { ...admin(server), method: "POST" }, secret)).code).toBe(201);
  await server.stop();
  expect(readFileSync(join(folder, "reloaded.db")).includes("k8s:enc:secretbox:v1:box:")).toBe(true);
});

test("asks webhooks who a token is of and what its user may do", async () => {
  const pki = createPki({ serverNames: ["127.0.0.1"], now: new Date() });
  const { certificate: cert, key } = serverCertificate(
    pki.ca,
    { commonName: "webhook", organizations: [] },
    ["127.0.0.1"],
    new Date(),
  );
  const asked: string[] = [];
  const webhook = createServer({ cert, key }, (incoming, answer) => {
    let text = "";
    incoming.on("data", (part) => {
      text += part;
    });
    incoming.on("end", () => {
      const review = JSON.parse(text);
      asked.push(review.kind);
      const { token, resourceAttributes, user } = review.spec;
      const status =
        review.kind === "TokenReview"
          ? { authenticated: token === "good", user: { username: "remote", groups: ["staff"] } }
          : { allowed: user === "remote" && resourceAttributes?.resource === "configmaps" };
      answer.end(JSON.stringify({ ...review, status }));
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  const { port } = webhook.address() as AddressInfo; // a TCP server's address is an object
  const config = json("webhook.json", {
    clusters: [
      {
        name: "c",
        cluster: {
          server: `https://127.0.0.1:${port}/`,
          "certificate-authority-data": Buffer.from(pki.ca.certificate).toString("base64"),
        },
      },
    ],
    contexts: [{ name: "x", context: { cluster: "c" } }],
    "current-context": "x",
  });
  const server = await run({
    tokenWebhookConfigFile: config,
    authorizationModes: ["Webhook"],
    authorizationWebhookConfigFile: config,
  });
  try {
    expect((await call(server, CONFIG_MAPS, bearer("bad"))).code).toBe(401);
    expect((await call(server, CONFIG_MAPS, bearer("good"))).code).toBe(200);
    expect((await call(server, "/api/v1/nodes", bearer("good"))).code).toBe(403);
    expect(new Set(asked)).toEqual(new Set(["TokenReview", "SubjectAccessReview"]));
  } finally {
    await server.stop();
    webhook.close();
  }
});

test("serves with the certificate it is given, ends slow requests, and AlwaysAllow allows", async () => {
  const authority = createAuthority("serving-ca", new Date());
  const pair = serverCertificate(authority, { commonName: "own", organizations: [] }, ["127.0.0.1"], new Date());
  const server = await run({
    authorizationModes: ["AlwaysAllow"],
    tokenAuthFile: file("anybody.csv", "weak,joe,8\n"),
    tls: { certFile: file("tls.crt", pair.certificate), privateKeyFile: file("tls.key", pair.key) },
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
  const server = await run({ enablePriorityAndFairness });
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

test("a server that is to stop goes on for its delay, and says that it is not ready", async () => {
  const server = await run({ shutdownDelayMilliseconds: 400 });
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
  const where = { dataDir: join(folder, "apiservices"), storage: `sqlite:${join(folder, "apiservices.db")}` };
  const service = { namespace: "default", name: "none" };
  const spec = { group: "later.example", version: "v1", service, groupPriorityMinimum: 1, versionPriority: 1 };
  const metadata = { name: "v1.later.example" };
  const body = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata, spec };
  const path = "/apis/apiregistration.k8s.io/v1/apiservices";
  const first = await run({}, where);
  expect(await call(first, path, { method: "POST", ...admin(first) }, body)).toMatchObject({ code: 201 });
  await first.stop();
  const second = await run({}, where);
  expect(await call(second, `${path}/${metadata.name}`, admin(second))).toMatchObject({ code: 200 });
  await second.stop();
});

test("keys are not written to wherever it happens to be started", async () => {
  await expect(run({}, { dataDir: "" })).rejects.toThrow("dataDir is empty");
});

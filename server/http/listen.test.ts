import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { request } from "node:https";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  type CertificateAuthority,
  clientCertificate,
  createAuthority,
  serverCertificate,
} from "../../pki/authority.ts";
import type { KeyPair } from "../../pki/certificate.ts";
import type { AppOptions } from "./app-options.ts";
import type { Connector } from "./handlers/connect.ts";
import { type Listener, listen } from "./listen.ts";
import { testApp } from "./test-app.ts";
import { acceptWebSocket } from "./upgrade.ts";

const NOW = new Date();
let ca: CertificateAuthority;
let certificate: KeyPair;
const listeners: Listener[] = [];

beforeAll(() => {
  ca = createAuthority("test", NOW);
  certificate = serverCertificate(ca, { commonName: "server", organizations: [] }, ["localhost", "127.0.0.1"], NOW);
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

async function serve(more: Partial<AppOptions> = {}) {
  const { app, store } = testApp(more);
  const listenWhileDraining = more.shutdownSendRetryAfter ?? false;
  const listener = await listen({
    app,
    host: "127.0.0.1",
    port: 0,
    certificate: certificate.certificate,
    key: certificate.key,
    clientCa: ca.certificate,
    drainMilliseconds: 500,
    listenWhileDraining,
  });
  listeners.push(listener);
  return { store, listener, url: `https://127.0.0.1:${listener.address.port}` };
}

async function ask(session: ClientHttp2Session, path: string, headers = {}) {
  const stream = session.request({ ":path": path, ...headers });
  const [head] = await once(stream, "response");
  let body = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) body += chunk;
  return { status: head[":status"], headers: head, body };
}

test("HTTP/2 and HTTP/1.1 are served on one port", async () => {
  const { url } = await serve();
  const session = connect(url, { ca: ca.certificate });
  expect(await ask(session, "/healthz")).toMatchObject({ status: 200, body: "ok" });
  session.close();
  const http1 = request(`${url}/healthz`, { ca: ca.certificate });
  http1.end();
  const [response] = await once(http1, "response");
  response.resume();
  expect([response.statusCode, response.httpVersion]).toEqual([200, "1.1"]);
});

test("a client certificate reaches the authenticator", async () => {
  const seen: (Uint8Array | undefined)[] = [];
  const authenticator: AppOptions["authenticator"] = {
    name: "test",
    authenticate({ clientCertificate }) {
      seen.push(clientCertificate);
      return { user: { name: "a", groups: [] } };
    },
  };
  const { url } = await serve({ authenticator });
  const client = clientCertificate(ca, { commonName: "jane", organizations: ["dev"] }, NOW);
  for (const options of [{}, { cert: client.certificate, key: client.key }]) {
    const session = connect(url, { ca: ca.certificate, ...options });
    await ask(session, "/healthz");
    session.close();
  }
  expect(seen[0]).toBeUndefined();
  expect(Buffer.from(seen[1] ?? []).toString("latin1")).toContain("jane");
});

test("a list larger than all windows arrives whole", async () => {
  const { url, store } = await serve();
  for (let i = 0; i < 40; i++) {
    const metadata = { name: `c${i}` };
    await store.create("default", {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata,
      data: { x: "x".repeat(500_000) },
    } as never);
  }
  const session = connect(url, { ca: ca.certificate });
  const { body, headers } = await ask(session, "/api/v1/configmaps");
  expect(Buffer.byteLength(body)).toBe(Number(headers["content-length"]));
  expect(JSON.parse(body).items).toHaveLength(40);
  session.close();
});

test("a watch goes over WebSocket, on HTTP/1.1", async () => {
  const { url, store } = await serve();
  const socket = new WebSocket(`${url.replace("https", "wss")}/api/v1/configmaps?watch=1`, {
    ca: ca.certificate,
    origin: "http://any",
  });
  await once(socket, "open");
  await expect.poll(() => store.sinks.size).toBe(1);
  const metadata = { name: "a" };
  const message = once(socket, "message");
  await store.create("default", { kind: "ConfigMap", apiVersion: "v1", metadata });
  const [data, isBinary] = await message;
  expect(isBinary).toBe(false);
  expect(JSON.parse(String(data))).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
  socket.close();
  await expect.poll(() => store.sinks.size).toBe(0);
});

test.each([
  ["without an Origin", [], undefined, 403],
  ["with a choice of subprotocols", ["a", "b"], "http://any", 400],
])("a watch over WebSocket %s is refused as by Go's server", async (_what, protocols, origin, code) => {
  const { url } = await serve();
  const target = `${url.replace("https", "wss")}/api/v1/configmaps?watch=1`;
  const socket = new WebSocket(target, protocols, { ca: ca.certificate, ...(origin && { origin }) });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  expect(response.statusCode).toBe(code);
});

test("browsers and balancers are told what the flags say", async () => {
  const { url } = await serve({ hstsDirectives: ["max-age=5", "preload"], goawayChance: 0.02, random: () => 0.01 });
  const session = connect(url, { ca: ca.certificate });
  const gone = once(session, "goaway");
  const { headers } = await ask(session, "/version");
  expect(headers["strict-transport-security"]).toBe("max-age=5; preload");
  expect((await gone)[0]).toBe(0);
});

test("an upgrade that is refused gets its answer", async () => {
  const { url } = await serve();
  const socket = new WebSocket(`${url.replace("https", "wss")}/api/v1/nothings?watch=1`, { ca: ca.certificate });
  const [, response] = await once(socket, "unexpected-response");
  expect(response.statusCode).toBe(404);
  let body = "";
  for await (const chunk of response) body += chunk;
  expect(JSON.parse(body)).toMatchObject({ kind: "Status", reason: "NotFound" });
  socket.on("error", () => {});
});

const echo: Connector = {
  group: "",
  resource: "configmaps",
  subresource: "echo",
  methods: ["GET"],
  async connect({ ctx, path }) {
    const socket = await acceptWebSocket(ctx, "v5.test");
    socket.send(`path ${path}`);
    socket.on("message", (data) => socket.send(`echo ${data}`));
    await once(socket, "close");
  },
};
const ECHO = "/api/v1/namespaces/default/configmaps/a/echo";

test("a connector takes a WebSocket over, subprotocol and all", async () => {
  const { url } = await serve({ connectors: [echo] });
  const socket = new WebSocket(`${url.replace("https", "wss")}${ECHO}`, ["v5.test", "v4.test"], { ca: ca.certificate });
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  await once(socket, "open");
  expect(socket.protocol).toBe("v5.test");
  socket.send("hi");
  await expect.poll(() => messages).toEqual(["path ", "echo hi"]);
  socket.close();
});

test("a WebSocket may be a stream of HTTP/2", async () => {
  const { url } = await serve({ connectors: [echo] });
  const session = connect(url, { ca: ca.certificate });
  await once(session, "remoteSettings");
  const stream = session.request({
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":path": ECHO,
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "v5.test",
  });
  const [head] = await once(stream, "response");
  expect([head[":status"], head["sec-websocket-protocol"]]).toEqual([200, "v5.test"]);
  const [frame] = await once(stream, "data");
  expect(frame.subarray(2).toString()).toBe("path ");
  stream.destroy();
  session.close();
});

test("a stop ends watches, lets writes finish, and can be asked for twice", async () => {
  const { url, store, listener } = await serve();
  let release = () => {};
  store.hold = new Promise((resolve) => {
    release = resolve;
  });
  const session = connect(url, { ca: ca.certificate });
  const watch = ask(session, "/api/v1/configmaps?watch=1");
  await expect.poll(() => store.sinks.size).toBe(1);
  const write = session.request({
    ":method": "POST",
    ":path": "/api/v1/namespaces/d/configmaps",
    "content-type": "application/json",
  });
  write.end('{"metadata":{"name":"a"}}');
  const answered = once(write, "response");
  await expect.poll(() => store.held).toBe(1);
  const stopped = Promise.all([listener.stop(), listener.stop()]);
  expect((await watch).body).toBe("");
  release();
  const [head] = await answered;
  expect(head[":status"]).toBe(201);
  write.resume();
  await stopped;
  await expect(fetch(url)).rejects.toThrow();
});

test.each(["h2", "http/1.1"])(
  "who has just connected by %s gets an answer, also from a server that stops",
  async (protocol) => {
    const { url, listener } = await serve();
    const { port } = new URL(url);
    const socket = connectTls({ port: Number(port), host: "127.0.0.1", ca: ca.certificate, ALPNProtocols: [protocol] });
    await once(socket, "secureConnect");
    const stopped = listener.stop();
    await new Promise((resolve) => setImmediate(resolve)); // all that was idle is closed by then
    if (protocol === "h2") {
      const session = connect(url, { createConnection: () => socket });
      expect((await ask(session, "/api/v1/configmaps")).status).toBe(503);
    } else {
      socket.write("GET /api/v1/configmaps HTTP/1.1\r\nHost: a\r\n\r\n");
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 503 /);
    }
    await stopped;
  },
);

test("with --shutdown-send-retry-after new connections are told to come back until all is done", async () => {
  const { url, store, listener } = await serve({ shutdownSendRetryAfter: true });
  let release = () => {};
  store.hold = new Promise((resolve) => {
    release = resolve;
  });
  const options = { ca: ca.certificate, agent: false } as const;
  const write = request(`${url}/api/v1/namespaces/d/configmaps`, {
    ...options,
    method: "POST",
    headers: { "Content-Type": "application/json" },
  });
  write.end('{"metadata":{"name":"a"}}');
  const answered = once(write, "response");
  await expect.poll(() => store.held).toBe(1);
  const stopped = listener.stop();
  const get = request(`${url}/api/v1/configmaps`, options);
  get.end();
  const [response] = await once(get, "response");
  expect([response.statusCode, response.headers]).toEqual([
    429,
    expect.objectContaining({ "retry-after": "5", connection: "close", "content-type": "text/plain; charset=utf-8" }),
  ]);
  expect(response.headers["cache-control"]).toBeUndefined();
  response.resume();
  const session = connect(url, { ca: ca.certificate });
  const closed = once(session, "close");
  expect(await ask(session, "/api/v1/configmaps")).toMatchObject({
    status: 429,
    body: "The apiserver is shutting down, please try again later.\n",
  });
  await closed;
  release();
  const [created] = await answered;
  expect(created.statusCode).toBe(201);
  created.resume();
  await stopped;
  await expect(fetch(url)).rejects.toThrow();
});

import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { StatusError } from "../meta/errors.ts";
import type { AppOptions } from "./app-options.ts";
import { testApp } from "./test-app.ts";

const PATH = "/api/v1/configmaps?watch=1";
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function serve(more: Partial<AppOptions> = {}) {
  const { app, store } = testApp(more);
  const server = createServer((req, res) => void app.handle(req, res)).listen(0);
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return { app, store, port };
}

const object = (name: string, size = 1) => ({
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name },
  data: { x: "x".repeat(size) },
});

async function open(port: number, path: string, headers = {}): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, path, headers }), "response")) as [IncomingMessage];
  return response;
}

async function text(response: IncomingMessage): Promise<string> {
  let all = "";
  response.setEncoding("utf8");
  for await (const chunk of response) all += chunk;
  return all;
}

test("the head comes at once, events one a line, and timeoutSeconds ends it", async () => {
  const { store, port } = serve();
  const response = await open(port, `${PATH}&timeoutSeconds=1`);
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({ "content-type": "application/json", "transfer-encoding": "chunked" });
  const stored = await store.create("default", object("a"));
  store.publish({ type: "BOOKMARK", resourceVersion: "7", initialEventsEnd: true });
  const json = Buffer.from(stored.json).toString();
  expect(await text(response)).toBe(
    `{"type":"ADDED","object":${json}}\n{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}}\n`,
  );
  expect(store.sinks.size).toBe(0);
  const lists =
    'apiserver_watch_list_duration_seconds_count{group="",version="v1",resource="configmaps",scope="cluster"} 1';
  expect(await text(await open(port, "/metrics"))).toContain(lists);
});

test("a watch from compacted history is one ERROR event", async () => {
  const { store, port } = serve();
  store.watch = () => Promise.reject(new StatusError(410, "Expired", "too old resource version: 1 (9)"));
  const response = await open(port, `${PATH}&resourceVersion=1`);
  expect(response.statusCode).toBe(200);
  expect(JSON.parse(await text(response))).toEqual({
    type: "ERROR",
    object: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "too old resource version: 1 (9)",
      reason: "Expired",
      code: 410,
    },
  });
});

test("a Table watch names its columns once", async () => {
  const { store, port } = serve();
  const response = await open(port, `${PATH}&timeoutSeconds=1`, {
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  });
  await store.create("default", object("a"));
  await store.create("default", object("b"));
  const events = (await text(response))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).object);
  expect(events.map((table) => table.columnDefinitions?.length ?? null)).toEqual([1, null]);
  expect(events.map((table) => table.rows[0].cells)).toEqual([["a"], ["b"]]);
});

test("a bookmark that comes first names the columns of a Table", async () => {
  const { store, port } = serve();
  const response = await open(port, `${PATH}&timeoutSeconds=1`, {
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  });
  store.publish({ type: "BOOKMARK", resourceVersion: "7", initialEventsEnd: true });
  await store.create("default", object("a"));
  const lines = (await text(response)).trim().split("\n");
  const columns = lines.map((line) => JSON.parse(line).object.columnDefinitions?.length ?? null);
  expect(columns).toEqual([1, null]);
});

test("protobuf events are framed by their length", async () => {
  const { store, port } = serve();
  const response = await open(port, `${PATH}&timeoutSeconds=1`, {
    accept: "application/vnd.kubernetes.protobuf;stream=watch",
  });
  expect(response.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf;stream=watch");
  await store.create("default", object("a"));
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  expect(bytes.subarray(4, 11).toString("latin1")).toBe("\n\x05ADDED");
  expect(bytes.includes("k8s\0")).toBe(true);
});

test("a client that does not read is ended, and the others get everything", async () => {
  const { store, port } = serve({ watchBufferBytes: 512 * 1024 });
  const slow = await open(port, PATH);
  slow.pause();
  slow.on("error", () => {}); // its connection is cut
  const closed = new Promise((resolve) => slow.on("close", resolve));
  const quick = await open(port, `${PATH}&timeoutSeconds=2`);
  const received = text(quick);
  for (let i = 0; i < 200; i++) {
    await store.create("default", object(`c${i}`, 100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(store.sinks.size).toBe(1);
  slow.resume();
  await closed;
  expect((await received).match(/"type":"ADDED"/g)).toHaveLength(200);
});

test("a client that leaves takes its watch along, and a drain ends the others", async () => {
  const { app, store, port } = serve();
  const first = await open(port, PATH);
  const second = await open(port, PATH);
  await expect.poll(() => store.sinks.size).toBe(2);
  first.destroy();
  await expect.poll(() => store.sinks.size).toBe(1);
  const rest = text(second);
  await app.drain();
  expect(await rest).toBe("");
  const turnedAway = await open(port, "/api/v1/configmaps");
  expect([turnedAway.statusCode, turnedAway.headers["retry-after"]]).toEqual([503, "1"]);
});

test("watches that are alike get the same events in order, each from when it began, and all are counted", async () => {
  const { store, port } = serve();
  const first = text(await open(port, `${PATH}&timeoutSeconds=1`));
  await store.create("default", object("a"));
  const second = text(await open(port, `${PATH}&timeoutSeconds=1`)); // begins with what is there
  await store.create("default", object("b"));
  store.publish({ type: "BOOKMARK", resourceVersion: "7", initialEventsEnd: false });
  await store.create("default", object("c"));
  const seen = (all: string) =>
    all
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ type, object: { metadata } }) => `${type} ${metadata.name ?? metadata.resourceVersion}`);
  const events = ["ADDED a", "ADDED b", "BOOKMARK 7", "ADDED c"];
  expect(seen(await first)).toEqual(events);
  expect(seen(await second)).toEqual(events);
  const metrics = await text(await open(port, "/metrics"));
  expect(metrics).toContain('apiserver_watch_events_sizes_count{group="",resource="configmaps",version="v1"} 8');
});

test("what happens in the turn in which a watch ends is sent before its end", async () => {
  const { app, store, port } = serve();
  const open1 = await open(port, PATH);
  const open2 = await open(port, PATH);
  await expect.poll(() => store.sinks.size).toBe(2);
  await store.create("default", object("a"));
  const drained = app.drain();
  for (const response of [open1, open2]) expect(JSON.parse(await text(response)).object.metadata.name).toBe("a");
  await drained;
});

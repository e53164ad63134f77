import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";
import { createInformer, type Informer } from "./informer.ts";
import { silentLogger } from "./logger.ts";
import type { ApiObject } from "./resource.ts";
import { openTransport, type Transport } from "./transport.ts";

/** A server of one resource whose lists and watches the test writes by hand. */
let server: ReturnType<typeof createServer>;
let transport: Transport;
let informer: Informer<ApiObject>;
let items: ApiObject[];
let listRevision: string;
let failLists: number;
const requests: string[] = [];
const watches: ServerResponse[] = [];

const pod = (name: string, resourceVersion: string, uid = `uid-${name}`): ApiObject => ({
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name, namespace: "ns", uid, resourceVersion },
});
const send = (type: string, object: unknown) => watches.at(-1)!.write(`${JSON.stringify({ type, object })}\n`);

beforeEach(async () => {
  items = [pod("a", "1")];
  listRevision = "5";
  failLists = 0;
  requests.length = watches.length = 0;
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    if (request.url?.includes("watch=true")) {
      watches.push(response);
      response.writeHead(200, { "Content-Type": "application/json" }).flushHeaders();
      return;
    }
    if (failLists-- > 0) {
      response.writeHead(500).end("{}");
      return;
    }
    const list = { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: listRevision }, items };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(list));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = { server: `http://127.0.0.1:${port}`, namespace: "default", insecureSkipTlsVerify: false };
  transport = openTransport(connection, "test");
  // No randomness and quick timers: pauses of a second or more would only slow the test.
  const clock = { ...systemClock, setTimeout: (run: () => void, ms: number) => systemClock.setTimeout(run, ms / 100) };
  informer = createInformer({ resource: "v1/pods" }, { transport, clock, random: () => 0, logger: silentLogger });
});

afterEach(async () => {
  informer.stop();
  await transport.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("listed items are plain JSON with kind and apiVersion, then watch events keep the lister and its indexes", async () => {
  informer.start();
  await informer.synced;
  expect(informer.lister.get("ns/a")).toEqual(pod("a", "1"));
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  send("ADDED", {
    ...pod("b", "6"),
    metadata: { ...pod("b", "6").metadata, ownerReferences: [{ uid: "o", controller: true }] },
  });
  send("MODIFIED", pod("a", "7"));
  await vi.waitFor(() => expect(informer.latestResourceVersion()).toBe("7"));
  expect(informer.lister.ownedBy("o").map(({ metadata }) => metadata.name)).toEqual(["b"]);
  send("DELETED", pod("b", "8"));
  send("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "20" } });
  await vi.waitFor(() => expect(informer.latestResourceVersion()).toBe("20"));
  expect(informer.lister.ownedBy("o")).toEqual([]);
  expect(informer.lister.list()).toHaveLength(1);
});

test("a broken watch goes on from the last revision without a new list", async () => {
  informer.start();
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  send("MODIFIED", pod("a", "9"));
  await vi.waitFor(() => expect(informer.latestResourceVersion()).toBe("9"));
  watches[0]!.destroy();
  await vi.waitFor(() => expect(watches).toHaveLength(2));
  expect(requests.filter((url) => !url.includes("watch=true"))).toHaveLength(1);
  expect(requests.at(-1)).toContain("resourceVersion=9");
});

test("a revision that is gone is answered with a new list, and what vanished meanwhile is reported as deleted", async () => {
  const deleted: string[] = [];
  const added: string[] = [];
  informer.addHandler({
    added: ({ metadata }) => added.push(metadata.uid!),
    deleted: ({ metadata }) => deleted.push(metadata.uid!),
  });
  informer.start();
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  items = [pod("a", "30", "second"), pod("c", "31")];
  listRevision = "40";
  send("ERROR", { kind: "Status", code: 410, reason: "Expired" });
  watches[0]!.end();
  await vi.waitFor(() => expect(watches).toHaveLength(2));
  expect(deleted).toEqual(["uid-a"]); // the same name, but another object
  expect(added).toEqual(["uid-a", "second", "uid-c"]);
  expect(requests.at(-1)).toContain("resourceVersion=40");
});

test("a failing list is tried again until it works", async () => {
  failLists = 3;
  informer.start();
  await informer.synced;
  expect(informer.hasSynced).toBe(true);
  expect(requests.filter((url) => !url.includes("watch=true"))).toHaveLength(4);
});

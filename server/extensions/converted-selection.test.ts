import { expect, test } from "vitest";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import { listRequest, PLAIN, scope } from "../registry/generic/test-registry.ts";
import type { WatchEvent, WatchRequest } from "../registry/store.ts";
import { definition, GROUP, reviewed, type Spec, server, version } from "./test-extensions.ts";

type Widget = UnstructuredObject & { hostPort?: string; host?: string; port?: string };

const field = (...names: string[]) => ({
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    },
  },
  selectableFields: names.map((name) => ({ jsonPath: `.${name}` })),
});
/** v1 is stored, and has in one field what v2 has in two. Both select by their own. */
const HOSTS = {
  conversion: {
    strategy: "Webhook",
    webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://c.example.com" } },
  },
  versions: [
    { ...version("v1", true), ...field("hostPort") },
    { ...version("v2", false), ...field("host", "port") },
  ],
} as unknown as Partial<Spec>;
const hosts = reviewed((object: Widget) => {
  const labels = { ...object.metadata?.labels, seen: object.apiVersion?.endsWith("v2") ? "v2" : "v1" };
  object.metadata = { ...object.metadata, labels };
  if (!object.apiVersion?.endsWith("v2")) {
    object.hostPort = `${object.host ?? ""}:${object.port ?? ""}`;
    delete object.host;
    delete object.port;
    return;
  }
  [object.host, object.port] = (object.hostPort ?? "").split(":");
  delete object.hostPort;
});
const put = (name: string, host: string, port: string) =>
  ({ apiVersion: `${GROUP}/v2`, kind: "Widget", metadata: { name }, host, port }) as KubeObject;

async function withHosts(...objects: KubeObject[]) {
  const all = await server(hosts);
  await all.define(definition(HOSTS));
  for (const object of objects) await all.widgets("v2").create("a", object, scope());
  const names = async (v: string, more: Parameters<typeof listRequest>[0]) => {
    const { items } = await all.widgets(v).list(listRequest(more), scope());
    return items.map(({ object }) => object.metadata.name);
  };
  const watch = async (v: string, fields: string, more: Partial<WatchRequest> = {}) => {
    const events: WatchEvent[] = [];
    const request: WatchRequest = {
      ...listRequest({ fields }),
      allowWatchBookmarks: false,
      sendInitialEvents: undefined,
      ...more,
    };
    await all.widgets(v).watch(request, { send: (event) => events.push(event) > 0, end: () => undefined });
    return () =>
      events.map((event) => {
        if (event.type === "BOOKMARK") return `BOOKMARK ${event.initialEventsEnd}`;
        const { apiVersion, metadata, ...rest } = event.stored.object as Widget & KubeObject;
        return `${event.type} ${metadata.name} ${rest.hostPort ?? `${rest.host} ${rest.port}`}`;
      });
  };
  const move = (name: string, host: string) =>
    all.widgets("v2").update("a", name, "", async (current) => ({ ...current!, host }) as KubeObject, PLAIN, scope());
  return { ...all, names, watch, move };
}
const three = [put("a", "one", "80"), put("b", "one", "8080"), put("c", "two", "80")];

test.each([
  ["v2", { fields: "host=one" }, ["a", "b"]],
  ["v2", { fields: "host=one,port=80" }, ["a"]],
  ["v2", { fields: "host!=one" }, ["c"]],
  ["v2", { fields: "host=one,metadata.name=b" }, ["b"]],
  ["v2", { fields: "host=two,metadata.name=b" }, []],
  ["v1", { fields: "hostPort=one:8080" }, ["b"]],
  ["v1", { fields: "hostPort=one" }, []],
  ["v2", { labels: "seen=v2" }, ["a", "b", "c"]],
  ["v1", { labels: "seen=v2" }, []],
])("a list of %s with %j judges the objects of that version", async (v, selectors, expected) => {
  const { names } = await withHosts(...three);
  expect(await names(v, selectors)).toEqual(expected);
});

test("pages hold as many of the selected as they may", async () => {
  const { widgets } = await withHosts(...three, put("d", "one", "1"), put("e", "two", "2"));
  const pages: string[][] = [];
  for (let next = ""; pages.length === 0 || next !== ""; ) {
    const request = listRequest({ fields: "port!=80", limit: 2, continue: next });
    const page = await widgets("v2").list(request, scope());
    pages.push(page.items.map(({ object }) => object.metadata.name ?? ""));
    next = page.continue;
  }
  expect(pages).toEqual([["b", "d"], ["e"]]);
});

test("watches tell of what enters and leaves their selection, as their version has it", async () => {
  const { widgets, watch, move } = await withHosts(...three);
  const ofHost = await watch("v2", "host=one");
  const ofBoth = await watch("v2", "host=one,port=80");
  const ofV1 = await watch("v1", "hostPort=two:80");
  await move("c", "one");
  const { stored } = await move("a", "two");
  await widgets("v1").delete("a", "b", {}, scope());
  await expect
    .poll(ofHost)
    .toEqual(["ADDED a one 80", "ADDED b one 8080", "ADDED c one 80", "DELETED a one 80", "DELETED b one 8080"]);
  await expect.poll(ofBoth).toEqual(["ADDED a one 80", "ADDED c one 80", "DELETED a one 80"]);
  await expect.poll(ofV1).toEqual(["ADDED c two:80", "DELETED c two:80", "ADDED a two:80"]);
  const since = await watch("v2", "host=two", { resourceVersion: String(stored.revision - 1) });
  await expect.poll(since).toEqual(["ADDED a two 80"]);
});

test("what leaves a selection carries the revision at which it left", async () => {
  const { widgets, move } = await withHosts(put("a", "one", "80"));
  const events: WatchEvent[] = [];
  const request = { ...listRequest({ fields: "host=one" }), allowWatchBookmarks: false, sendInitialEvents: false };
  await widgets("v2").watch(request, { send: (event) => events.push(event) > 0, end: () => undefined });
  const { stored } = await move("a", "two");
  await expect.poll(() => events.length).toBe(1);
  const [event] = events;
  expect(event).toMatchObject({ type: "DELETED", stored: { revision: stored.revision } });
  const left = event?.type === "DELETED" ? event.stored : undefined;
  const expected = { apiVersion: `${GROUP}/v2`, host: "one", metadata: { resourceVersion: String(stored.revision) } };
  expect(left?.object).toMatchObject(expected);
  expect(JSON.parse(Buffer.from(left!.json).toString())).toEqual(left!.object);
});

test("the bookmark that ends the initial events comes after those that are selected", async () => {
  const { watch } = await withHosts(...three);
  const seen = await watch("v2", "host=two", { sendInitialEvents: true, allowWatchBookmarks: true });
  await expect.poll(seen).toEqual(["ADDED c two 80", "BOOKMARK true"]);
});

test("a collection is deleted as far as it is selected", async () => {
  const { widgets, names } = await withHosts(...three);
  const { items } = await widgets("v2").deleteCollection(listRequest({ fields: "host=one,port=80" }), {}, scope());
  expect(items.map(({ object }) => object)).toMatchObject([{ apiVersion: `${GROUP}/v2`, host: "one", port: "80" }]);
  expect(await names("v1", {})).toEqual(["b", "c"]);
});

test("what leaves the selections of two versions without a webhook leaves each in its own", async () => {
  const { define, widgets } = await server();
  await define(definition({ versions: [version("v1", true), version("v2", false)] as Spec["versions"] }));
  const object = { apiVersion: `${GROUP}/v1`, kind: "Widget", metadata: { name: "w", labels: { a: "1" } } };
  await widgets().create("a", object as KubeObject, scope());
  const seen: unknown[] = [];
  for (const v of ["v1", "v2"]) {
    const request = { ...listRequest({ labels: "a=1" }), allowWatchBookmarks: false, sendInitialEvents: false };
    const send = (event: WatchEvent) =>
      seen.push(event.type === "BOOKMARK" || [event.type, event.stored.object.apiVersion]) > 0;
    await widgets(v).watch(request, { send, end: () => undefined });
  }
  const without = (current: KubeObject | undefined) => ({
    ...current!,
    metadata: { ...current!.metadata, labels: {} },
  });
  await widgets().update("a", "w", "", without, PLAIN, scope());
  await expect
    .poll(() => seen)
    .toEqual([
      ["DELETED", `${GROUP}/v1`],
      ["DELETED", `${GROUP}/v2`],
    ]);
});

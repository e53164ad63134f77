import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../meta/object.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ServerRegistry } from "../registry.ts";
import type { Audience, ResourceStore, WatchEvent, WatchRequest, WatchSink } from "../store.ts";
import { listRequest, PLAIN, scope, storeOf, testRegistry, testStorage } from "./test-registry.ts";

let registry: ServerRegistry;
let store: ResourceStore;
let storage: Storage;
beforeEach(async () => {
  storage = await testStorage();
  registry = await testRegistry({}, { storage });
  store = storeOf(registry, "configmaps");
});
afterEach(() => registry.stop());

const configMap = (name: string, app = "") =>
  ({ kind: "ConfigMap", apiVersion: "v1", metadata: { name, labels: { app } } }) as KubeObject;
const create = (name: string, app?: string) => store.create("a", configMap(name, app), scope());
const label = (name: string, app: string) => store.update("a", name, "", () => configMap(name, app), PLAIN, scope());
const remove = (name: string) => store.delete("a", name, {}, scope());

const textOf = (event: WatchEvent) =>
  event.type === "BOOKMARK"
    ? "BOOKMARK"
    : `${event.type} ${event.stored.object.metadata.name} ${event.stored.revision}`;

/** Sinks of one form, which tell how often their audience was sent something. */
class Group {
  sent = 0;
  readonly audiences = new Set<Audience>();

  sink(seen: string[]): WatchSink {
    const take = (event: WatchEvent) => seen.push(textOf(event)) > 0;
    let mine: Audience | undefined;
    return {
      send: take,
      end: () => seen.push("end"),
      group: {
        form: "json",
        join: (given) => {
          mine = given ?? this.#audience();
          this.#listeners.get(mine)?.add(take);
          return mine;
        },
        leave: () => {
          if (mine) this.#listeners.get(mine)?.delete(take);
        },
      },
    };
  }

  readonly #listeners = new Map<Audience, Set<(event: WatchEvent) => boolean>>();

  #audience(): Audience {
    const listeners = new Set<(event: WatchEvent) => boolean>();
    const audience = {
      send: (event: WatchEvent) => {
        this.sent++;
        for (const take of listeners) take(event);
      },
    };
    this.#listeners.set(audience, listeners);
    this.audiences.add(audience);
    return audience;
  }
}

const request = (more: Parameters<typeof listRequest>[0] & Partial<WatchRequest> = {}): WatchRequest => ({
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  ...listRequest(more),
  ...more,
});

test("watches that share see what each would see by itself, whenever and from wherever they begin", async () => {
  const group = new Group();
  const pairs: { shared: string[]; alone: string[]; stop: () => unknown }[] = [];
  const open = async (more: Parameters<typeof request>[0]) => {
    const pair = { shared: [] as string[], alone: [] as string[] };
    const stops = [
      await store.watch(request(more), group.sink(pair.shared)),
      await store.watch(request(more), { ...group.sink(pair.alone), group: undefined }),
    ];
    pairs.push({ ...pair, stop: () => stops.map((stop) => stop()) });
  };
  const forms = [
    {},
    { labels: "app=x" },
    { labels: "app!=x" },
    { fields: "metadata.name=m1" },
    { namespace: "" },
    { namespace: "b" },
    {
      labels: "app=x",
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan" as const,
    },
  ];
  const first = (await create("m0", "x")).revision;
  for (let round = 0; round < 3; round++) {
    for (const form of forms) {
      await open(form);
      await open({ ...form, ...(form.sendInitialEvents ? {} : { resourceVersion: String(first) }) });
    }
    await create(`m${round + 1}`, "x");
    await create(`m1${round}`, "y");
    await label(`m1${round}`, "x");
    await label(`m${round + 1}`, "y");
    await remove(`m1${round}`);
    if (round === 1) for (const { stop } of pairs.splice(0, 5)) stop();
  }
  for (const { shared, alone, stop } of pairs) {
    expect(shared).toEqual(alone);
    stop();
  }
  expect(pairs.some(({ shared }) => shared.length > 10)).toBe(true);
});

test("a change is judged once for all who are alike", async () => {
  const group = new Group();
  const stops: (() => void)[] = [];
  const seen = Array.from({ length: 10 }, () => [] as string[]);
  for (const events of seen) stops.push(await store.watch(request({ labels: "app=x" }), group.sink(events)));
  const { revision } = await create("m", "x");
  await create("other", "y");
  for (const events of seen) expect(events).toEqual([`ADDED m ${revision}`]);
  expect([group.sent, group.audiences.size]).toEqual([1, 1]);
  for (const stop of stops) stop();
  await create("n", "x");
  expect(group.sent).toBe(1);
  // The next one begins an audience anew.
  const stop = await store.watch(request({ labels: "app=x" }), group.sink([]));
  expect(group.audiences.size).toBe(2);
  stop();
});

test("one that asks for a revision to come hears of none before it", async () => {
  const group = new Group();
  const [now, later] = [[] as string[], [] as string[]];
  const { revision } = await create("m0");
  await store.watch(request({ resourceVersion: String(revision) }), group.sink(now));
  await store.watch(request({ resourceVersion: String(revision + 1) }), group.sink(later));
  await create("m1");
  await create("m2");
  expect(now).toEqual([`ADDED m1 ${revision + 1}`, `ADDED m2 ${revision + 2}`]);
  expect(later).toEqual([`ADDED m2 ${revision + 2}`]);
});

test("all of them end with the storage", async () => {
  const group = new Group();
  const seen = [[] as string[], [] as string[]];
  for (const events of seen) await store.watch(request(), group.sink(events));
  await storage.stop();
  expect(seen).toEqual([["end"], ["end"]]);
});

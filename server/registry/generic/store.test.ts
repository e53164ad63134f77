import { beforeEach, describe, expect, test } from "vitest";
import type { ConfigMap } from "../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { ServerRegistry } from "../registry.ts";
import type { DeleteOptions, ResourceStore, WatchEvent } from "../store.ts";
import { listRequest, PLAIN, scope, storeOf, testRegistry } from "./test-registry.ts";

let registry: ServerRegistry;
let configMaps: ResourceStore;

beforeEach(async () => {
  registry = await testRegistry();
  configMaps = storeOf(registry, "configmaps");
});

const configMap = (name: string, more: Partial<ConfigMap> = {}): KubeObject =>
  ({ kind: "ConfigMap", apiVersion: "v1", metadata: { name, ...more.metadata }, data: more.data }) as KubeObject;
const make = (name: string, more?: Partial<ConfigMap>) => configMaps.create("a", configMap(name, more), scope());
const change = (name: string, edit: (object: ConfigMap) => void) =>
  configMaps.update(
    "a",
    name,
    "",
    (current) => {
      edit(current as ConfigMap); // ConfigMaps only in here
      return current!;
    },
    PLAIN,
    scope(),
  );

describe("create", () => {
  test("fills in what is the server's, and stores bytes that say their own revision", async () => {
    const { object, json, revision } = await make("x", { data: { k: "v" } });
    expect(object.metadata).toMatchObject({ namespace: "a", resourceVersion: String(revision) });
    expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    const managers = object.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]);
    expect(managers).toEqual([["test", "Update"]]);
    expect(JSON.parse(new TextDecoder().decode(json))).toEqual(object);
  });

  test.each([
    {
      what: "a taken name",
      object: () => configMap("x"),
      reason: "AlreadyExists",
      text: 'configmaps "x" already exists',
    },
    {
      what: "a bad name",
      object: () => configMap("X"),
      reason: "Invalid",
      text: 'ConfigMap "X" is invalid: metadata.name: Invalid value: "X": a lowercase RFC 1123 subdomain',
    },
    {
      what: "another namespace",
      object: () => configMap("y", { metadata: { namespace: "b" } }),
      reason: "BadRequest",
      text: "the namespace of the provided object does not match the namespace sent on the request",
    },
    {
      what: "a resourceVersion",
      object: () => configMap("y", { metadata: { resourceVersion: "5" } }),
      reason: "",
      text: "resourceVersion should not be set on objects to be created",
    },
  ])("refuses $what", async ({ object, reason, text }) => {
    await make("x");
    const refused = configMaps.create("a", object(), scope());
    await expect(refused).rejects.toMatchObject({ reason, message: expect.stringContaining(text) });
  });

  test("a dry run writes nothing", async () => {
    await configMaps.create("a", configMap("x"), scope({ dryRun: true }));
    await expect(configMaps.get("a", "x", "", scope())).rejects.toMatchObject({ code: 404 });
  });
});

describe("update", () => {
  test("that changes nothing writes nothing", async () => {
    const { revision } = await make("x", { data: { k: "v" } });
    const { stored } = await change("x", () => undefined);
    expect(stored.revision).toBe(revision);
  });

  test("from an old revision is a conflict; of an absent name, not found", async () => {
    const { object } = await make("x");
    await change("x", (current) => {
      current.data = { k: "1" };
    });
    const stale = change("x", ({ metadata }) => {
      metadata.resourceVersion = object.metadata.resourceVersion;
    });
    await expect(stale).rejects.toMatchObject({ reason: "Conflict" });
    await expect(change("y", () => undefined)).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("runs again when it lost a race", async () => {
    await make("x");
    const writers = Array.from({ length: 5 }, (_, index) =>
      change("x", (current) => {
        current.data = { ...current.data, [`k${index}`]: "v" };
      }),
    );
    await Promise.all(writers);
    const { object } = await configMaps.get("a", "x", "", scope());
    expect(Object.keys((object as ConfigMap).data ?? {})).toHaveLength(5);
  });
});

describe("metadata of an update", () => {
  test("has no selfLink, but for a rehearsal", async () => {
    const { revision } = await make("x");
    const link = (dryRun: boolean) =>
      configMaps.update(
        "a",
        "x",
        "",
        (current) => ({ ...current!, metadata: { ...current!.metadata, selfLink: "/x" } }),
        PLAIN,
        scope({ dryRun }),
      );
    expect((await link(true)).stored.object.metadata.selfLink).toBe("/x");
    expect((await link(false)).stored).toMatchObject({ revision, object: { metadata: { name: "x" } } });
  });

  test.each([
    [true, ["duplicate entries after mutating admission happens; API"]],
    [false, ["duplicate entries; API"]],
  ])("tells of owner references that come twice once; patched: %j", async (patched, texts) => {
    await make("x");
    const warnings: string[] = [];
    const owner = { apiVersion: "v1", kind: "X", name: "y", uid: "u" };
    const update = (current: KubeObject | undefined) => ({
      ...current!,
      metadata: { ...current!.metadata, ownerReferences: [owner, owner] },
    });
    const warn = (text: string) => void warnings.push(text);
    const { stored } = await configMaps.update("a", "x", "", update, { ...PLAIN, patched }, scope({ warn }));
    expect(stored.object.metadata.ownerReferences).toEqual([owner]);
    expect(warnings).toEqual(texts.map((text) => expect.stringContaining(text)));
  });
});

describe("delete", () => {
  const remove = (options: DeleteOptions) => configMaps.delete("a", "x", options, scope());

  test.each<{ options: DeleteOptions; finalizers: string[]; expected: string[] | "gone" }>([
    { options: {}, finalizers: [], expected: "gone" },
    { options: { propagationPolicy: "Foreground" }, finalizers: [], expected: ["foregroundDeletion"] },
    { options: { propagationPolicy: "Orphan" }, finalizers: ["a/b"], expected: ["a/b", "orphan"] },
    { options: { orphanDependents: false }, finalizers: ["orphan"], expected: "gone" },
    { options: {}, finalizers: ["a/b"], expected: ["a/b"] },
  ])("$options with finalizers $finalizers leaves $expected", async ({ options, finalizers, expected }) => {
    await make("x", { metadata: { finalizers } });
    const { stored, deleted } = await remove(options);
    expect(deleted).toBe(expected === "gone");
    if (expected === "gone") return;
    expect(stored.object.metadata).toMatchObject({ finalizers: expected, deletionGracePeriodSeconds: 0 });
    await change("x", ({ metadata }) => {
      delete metadata.finalizers;
    });
    await expect(configMaps.get("a", "x", "", scope())).rejects.toMatchObject({ code: 404 });
  });

  test("keeps to its preconditions", async () => {
    await make("x");
    await expect(remove({ preconditions: { uid: "no" } })).rejects.toMatchObject({ reason: "Conflict" });
  });
});

describe("list", () => {
  test("pages are consistent: what is written in between is not in them", async () => {
    for (const name of ["a", "b", "c"]) await make(name);
    const first = await configMaps.list(listRequest({ limit: 2 }), scope());
    expect(first.remainingItemCount).toBe(1);
    await make("d");
    const second = await configMaps.list(listRequest({ limit: 2, continue: first.continue }), scope());
    expect([...first.items, ...second.items].map(({ object }) => object.metadata.name)).toEqual(["a", "b", "c"]);
    expect(second).toMatchObject({ continue: "", resourceVersion: first.resourceVersion });
  });

  test.each([
    { request: { labels: "app=x" }, names: ["a"] },
    { request: { labels: "app!=x" }, names: ["b"] },
    { request: { fields: "metadata.name=b" }, names: ["b"] },
    { request: { fields: "metadata.name=.." }, names: [] },
    { request: { fields: "metadata.name=b", labels: "app=x" }, names: [] },
    { request: { namespace: "", fields: "metadata.namespace=a" }, names: ["a", "b"] },
  ])("selects by $request", async ({ request, names }) => {
    await make("a", { metadata: { labels: { app: "x" } } });
    await make("b");
    const { items } = await configMaps.list(listRequest(request), scope());
    expect(items.map(({ object }) => object.metadata.name)).toEqual(names);
  });
});

describe("watch", () => {
  async function seen(labels: string, run: () => Promise<unknown>) {
    const events: WatchEvent[] = [];
    const request = {
      ...listRequest({ labels }),
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan" as const,
    };
    const stop = await configMaps.watch(request, { send: (event) => events.push(event) > 0, end: () => undefined });
    await run();
    stop();
    return events.map((event) =>
      event.type === "BOOKMARK"
        ? `BOOKMARK ${event.initialEventsEnd}`
        : `${event.type} ${event.stored.object.metadata.name}`,
    );
  }

  test("begins with what is there, says so, and shows objects enter and leave its selector", async () => {
    await make("x", { metadata: { labels: { app: "x" } } });
    const label = (app: string) =>
      change("x", ({ metadata }) => {
        metadata.labels = { app };
      });
    const events = await seen("app=x", async () => {
      await label("y");
      await label("z");
      await label("x");
      await configMaps.delete("a", "x", {}, scope());
    });
    expect(events).toEqual(["ADDED x", "BOOKMARK true", "DELETED x", "ADDED x", "DELETED x"]);
  });
});

test("admission is told the name of what is deleted alone, and none of a collection's", async () => {
  const names: string[] = [];
  registry = await testRegistry({
    admit: async ({ operation, name }) => void (operation === "DELETE" && names.push(name)),
  });
  configMaps = storeOf(registry, "configmaps");
  for (const name of ["x", "y", "z"]) await make(name);
  await configMaps.delete("a", "x", {}, scope({ verb: "delete" }));
  await configMaps.deleteCollection(listRequest(), {}, scope({ verb: "deletecollection" }));
  expect(names).toEqual(["x", "", ""]);
});

describe("delete of what is deleted gracefully", () => {
  test("tells of each step as it was then, and leaves what was known before as it was", async () => {
    const pods = storeOf(registry, "pods");
    const container = { name: "c", image: "i", imagePullPolicy: "Always", terminationMessagePolicy: "File" };
    const policies = { restartPolicy: "Always", dnsPolicy: "ClusterFirst", terminationGracePeriodSeconds: 30 };
    const spec = { nodeName: "n", ...policies, containers: [{ ...container, resources: {} }] };
    const pod = { kind: "Pod", apiVersion: "v1", metadata: { name: "p", labels: { a: "b" } }, spec };
    const before = await pods.create("a", pod as unknown as KubeObject, scope()); // as much as a client gives
    const asCreated = structuredClone(before.object);
    const seen: WatchEvent[] = [];
    const stop = await pods.watch(
      {
        ...listRequest(),
        ...{ resourceVersion: String(before.revision), allowWatchBookmarks: false, sendInitialEvents: undefined },
      },
      { send: (event) => seen.push(event) > 0, end: () => {} },
    );
    await pods.delete("a", "p", {}, scope());
    await pods.delete("a", "p", { gracePeriodSeconds: 0 }, scope());
    stop();
    expect(before.object).toEqual(asCreated);
    const steps = seen.flatMap((event) => ("stored" in event ? [event] : []));
    expect(steps.map(({ type, stored }) => [type, stored.object.metadata.deletionGracePeriodSeconds])).toEqual([
      ["MODIFIED", 30],
      ["MODIFIED", 0],
      ["DELETED", 0],
    ]);
    for (const { stored } of steps) {
      const { json, object, revision } = stored;
      expect(JSON.parse(new TextDecoder().decode(json))).toEqual(object);
      expect(object.metadata.resourceVersion).toBe(String(revision));
      expect({ ...object, metadata: {} }).toEqual({ ...asCreated, metadata: {} });
    }
  });
});

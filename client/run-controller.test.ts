import { expect, test, vi } from "vitest";
import type { Client } from "./client.ts";
import { ManualClock } from "./clock.ts";
import type { ControllerContext } from "./controller.ts";
import { type Action, defineController, type Mapping, mapping } from "./controller.ts";
import type { ChangeHandler, Informer } from "./informer.ts";
import type { Informers } from "./informers.ts";
import { ObjectStore } from "./lister.ts";
import { silentLogger } from "./logger.ts";
import type { ApiObject } from "./resource.ts";
import { runController } from "./run-controller.ts";

/** An informer that shows only what the test feeds it: caches lag behind writes as long as the test likes. */
function fakeInformer(resource: string) {
  const store = new ObjectStore<ApiObject>();
  const handlers: ChangeHandler<ApiObject>[] = [];
  const progress: (() => void)[] = [];
  let latest = "0";
  const informer: Informer<ApiObject> = {
    resource,
    lister: store,
    addHandler: (handler) => void handlers.push(handler),
    addIndex: (name, values) => store.addIndex(name, values),
    start() {},
    synced: Promise.resolve(),
    hasSynced: true,
    latestResourceVersion: () => latest,
    onProgress(callback) {
      progress.push(callback);
      return () => {};
    },
    stop() {},
  };
  const show = (object: ApiObject) => {
    const old = store.set(object);
    for (const handler of handlers) old ? handler.updated?.(object, old) : handler.added?.(object);
    latest = object.metadata.resourceVersion ?? latest;
    for (const callback of progress) callback();
  };
  return { informer, show, store };
}

function harness(reconcile: (key: string, count: number) => Action[], batchMs = 0, maps: Mapping<unknown>[] = []) {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  const owners = fakeInformer("v1/configmaps");
  const children = fakeInformer("v1/secrets");
  const all = new Map([
    ["v1/configmaps", owners.informer],
    ["v1/secrets", children.informer],
  ]);
  let revision = 100;
  let fail: Error | undefined;
  const client = {
    create: vi.fn(async (_resource: string, object: ApiObject) => {
      if (fail) throw fail;
      revision++;
      return { ...object, metadata: { ...object.metadata, uid: `uid-${revision}`, resourceVersion: String(revision) } };
    }),
  };
  const events: string[] = [];
  const context = {
    client: client as unknown as Client,
    informers: { get: (resource: string) => all.get(resource) } as unknown as Informers,
    clock,
    random: () => 0,
    logger: silentLogger,
    recorder: () => ({
      event: (_about: unknown, ...words: string[]) => void events.push(words.join(" ")),
      flush: async () => {},
    }),
  } as unknown as ControllerContext;
  const controller = defineController({
    name: "test",
    watches: { for: "v1/configmaps", owns: ["v1/secrets"], batchMs, maps },
    listers: (get) => ({ secrets: get("v1/secrets") }),
    reconcile: (key, { secrets }) => reconcile(key, secrets.list().length),
  });
  const running = runController(controller.definition, context, undefined);
  return { clock, owners, children, client, events, running, setFailure: (error?: Error) => (fail = error) };
}

const owner: ApiObject = { metadata: { name: "o", namespace: "ns", uid: "owner", resourceVersion: "1" } };
const child: ApiObject = { metadata: { name: "c", namespace: "ns", uid: "?" } };
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a key is held back until the cache shows what it created, so nothing is created twice", async () => {
  const { owners, children, client, running } = harness((_key, count) =>
    count ? [] : [{ do: "create", resource: "v1/secrets", object: child }],
  );
  owners.show(owner);
  await settle();
  expect(client.create).toHaveBeenCalledTimes(1);
  owners.show({ ...owner, metadata: { ...owner.metadata, resourceVersion: "2" } });
  await settle();
  expect(client.create).toHaveBeenCalledTimes(1); // the cache of secrets is still empty
  children.show({ metadata: { ...child.metadata, uid: "uid-101", resourceVersion: "101" } });
  await settle();
  expect(client.create).toHaveBeenCalledTimes(1);
  running.stop();
});

test("what a controller wrote itself is no reason to look again, what others make of it is", async () => {
  const looks: string[] = [];
  const ofSecret = mapping("v1/secrets", ({ metadata }) => [`ns/${metadata.labels?.owner ?? ""}`], {
    ignoresOwnWrites: true,
    delayMs: 1000,
  });
  const metadata = { name: "c", namespace: "ns", uid: "uid-101", labels: { owner: "o" } };
  const secret = (version: string, generation: number, labels = metadata.labels): ApiObject => ({
    metadata: { ...metadata, labels, generation, resourceVersion: version },
  });
  const { owners, children, clock, client, running } = harness(
    (key, count) => {
      looks.push(key);
      return key === "ns/o" && !count ? [{ do: "create", resource: "v1/secrets", object: secret("", 1) }] : [];
    },
    0,
    [ofSecret],
  );
  // Its watch may be quicker than the answer of its write.
  client.create.mockImplementationOnce(async () => {
    children.show(secret("101", 1));
    return secret("101", 1) as never;
  });
  const seen = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await settle();
    return looks.splice(0);
  };
  owners.show(owner);
  await settle();
  expect(await seen(5000)).toEqual(["ns/o"]);
  children.show(secret("102", 1));
  await settle();
  expect(await seen(5000)).toEqual([]);
  children.show(secret("103", 2));
  await settle();
  expect(await seen(999)).toEqual([]);
  expect(await seen(1)).toEqual(["ns/o"]);
  children.show(secret("104", 1, { owner: "p" }));
  await settle();
  expect((await seen(1000)).sort()).toEqual(["ns/o", "ns/p"]);
  running.stop();
});

test("an expectation that is never met is given up after five minutes", async () => {
  const { owners, clock, client, running } = harness(() => [{ do: "create", resource: "v1/secrets", object: child }]);
  owners.show(owner);
  await settle();
  owners.show({ ...owner, metadata: { ...owner.metadata, resourceVersion: "2" } });
  await settle();
  clock.advance(299_000);
  await settle();
  expect(client.create).toHaveBeenCalledTimes(1);
  clock.advance(1_001);
  await settle();
  expect(client.create).toHaveBeenCalledTimes(2);
  running.stop();
});

test("a failed round is tried again with growing pauses", async () => {
  const { owners, clock, client, running, setFailure } = harness((_key, count) =>
    count ? [] : [{ do: "create", resource: "v1/secrets", object: child }],
  );
  setFailure(new Error("no"));
  owners.show(owner);
  await settle();
  for (const pause of [5, 10, 20]) {
    const before = client.create.mock.calls.length;
    clock.advance(pause - 1);
    await settle();
    expect(client.create).toHaveBeenCalledTimes(before);
    clock.advance(1);
    await settle();
    expect(client.create).toHaveBeenCalledTimes(before + 1);
  }
  running.stop();
});

test("slow start doubles its batches and stops at the first error; `after` decides what follows", async () => {
  let tried = 0;
  const { owners, client, events, running } = harness((_key, count) =>
    count || tried++
      ? []
      : [
          {
            do: "batch",
            slowStart: true,
            actions: Array.from(
              { length: 20 },
              () => ({ do: "create", resource: "v1/secrets", object: child }) as const,
            ),
            after: (results) => [
              { do: "event", about: owner, type: "Normal", reason: "Tried", message: String(results.length) },
            ],
          },
        ],
  );
  client.create.mockImplementation(async () => {
    if (client.create.mock.calls.length === 5) throw new Error("quota");
    return { ...owner, metadata: { ...owner.metadata, uid: "owner", resourceVersion: "1" } };
  });
  owners.show(owner);
  await settle();
  expect(client.create).toHaveBeenCalledTimes(1 + 2 + 4);
  expect(events).toEqual(["Normal Tried 7"]);
  running.stop();
});

test("changes of children and of status alone are looked at together, a change of the wish at once", async () => {
  const rounds: string[] = [];
  const { owners, children, clock, running } = harness((key) => {
    rounds.push(key);
    return [];
  }, 1000);
  const at = (resourceVersion: string, generation: number) =>
    owners.show({ ...owner, metadata: { ...owner.metadata, resourceVersion, generation } });
  at("1", 1);
  await settle();
  expect(rounds).toHaveLength(1);
  const controller = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "owner", controller: true };
  for (const name of ["a", "b"])
    children.show({
      metadata: { name, namespace: "ns", uid: name, resourceVersion: "2", ownerReferences: [controller] },
    });
  at("3", 1);
  clock.advance(999);
  await settle();
  expect(rounds).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(rounds).toHaveLength(2);
  at("4", 2);
  await settle();
  expect(rounds).toHaveLength(3);
  running.stop();
});

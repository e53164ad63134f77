import { expect, test } from "vitest";
import {
  ApiError,
  type ApiObject,
  type Client,
  type DeleteOptions,
  type DiscoveredResource,
} from "../../client/index.ts";
import { AbsentOwners } from "./absent-owners.ts";
import { attemptToDelete, type Collector, orphanDependents } from "./collect.ts";
import { Graph } from "./graph.ts";

const configMaps: DiscoveredResource = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: [],
};

/** A server of ConfigMaps with finalizers, and a collector that works until nothing is left to do. */
function world() {
  const server = new Map<string, ApiObject>();
  const asked: string[] = [];
  const toDelete = new Set<string>();
  const toOrphan = new Set<string>();
  const graph = new Graph({
    attemptToDelete: (uid) => void toDelete.add(uid),
    attemptToOrphan: (uid) => void toOrphan.add(uid),
    verify: (uid) => void toDelete.add(uid),
    reportInvalidOwner: () => undefined,
  });
  const show = (object: ApiObject) => graph.put(object, "v1", "ConfigMap");
  const save = (object: ApiObject) => {
    const { metadata } = object;
    if (metadata.deletionTimestamp && !metadata.finalizers?.length) {
      server.delete(metadata.name!);
      graph.remove(metadata.uid!);
      return;
    }
    server.set(metadata.name!, object);
    show(object);
  };
  const remove = (name: string, { propagationPolicy }: DeleteOptions = {}) => {
    const object = server.get(name)!;
    const policy = { Foreground: ["foregroundDeletion"], Orphan: ["orphan"], Background: [] }[
      propagationPolicy ?? "Background"
    ];
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...policy])];
    save({ ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers } });
  };
  const client = {
    async get(_resource: string, { name }: { name: string }) {
      asked.push(name);
      const found = server.get(name);
      if (!found) throw new ApiError(404, { reason: "NotFound" });
      return found;
    },
    async delete(_resource: string, { name }: { name: string }, options: DeleteOptions) {
      expect(options.uid).toBe(server.get(name)?.metadata.uid);
      remove(name, options);
    },
    async patch(_resource: string, { name }: { name: string }, { metadata }: { metadata: Record<string, unknown> }) {
      const old = server.get(name)!;
      const merged = Object.fromEntries(
        Object.entries({ ...old.metadata, ...metadata }).filter(([, value]) => value !== null),
      );
      save({ ...old, metadata: merged });
    },
  };
  const collector: Collector = {
    client: client as unknown as Client,
    graph,
    resourceOf: (_version, kind) => (kind === "ConfigMap" ? configMaps : undefined),
    absent: new AbsentOwners(),
    again: (uid) => void toDelete.add(uid),
  };
  const settle = async () => {
    for (let round = 0; toDelete.size || toOrphan.size; round++) {
      if (round > 100) throw new Error("does not settle");
      for (const [queue, act] of [
        [toOrphan, orphanDependents],
        [toDelete, attemptToDelete],
      ] as const) {
        for (const uid of [...queue]) {
          queue.delete(uid);
          const node = graph.get(uid);
          if (node) await act(collector, node);
        }
      }
    }
  };
  const add = (name: string, owners: string[] = [], more: { block?: boolean; finalizers?: string[] } = {}) =>
    save({
      metadata: {
        name,
        namespace: "ns",
        uid: `uid-${name}`,
        resourceVersion: "1",
        finalizers: more.finalizers,
        ownerReferences: owners.length
          ? owners.map((owner) => ({
              apiVersion: "v1",
              kind: "ConfigMap",
              name: owner,
              uid: `uid-${owner}`,
              blockOwnerDeletion: more.block,
            }))
          : undefined,
      },
    });
  return { server, asked, add, remove, settle, names: () => [...server.keys()].sort() };
}

test("background: dependents go after their owner, and those with another owner stay without it", async () => {
  const { server, add, remove, settle, names } = world();
  add("a");
  add("b");
  add("child", ["a"]);
  add("grandchild", ["child"]);
  add("shared", ["a", "b"]);
  await settle();
  remove("a");
  await settle();
  expect(names()).toEqual(["b", "shared"]);
  expect(server.get("shared")?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["b"]);
});

test("foreground: the owner waits for blocking dependents only", async () => {
  const { server, add, remove, settle, names } = world();
  add("a");
  add("blocking", ["a"], { block: true, finalizers: ["example.com/slow"] });
  add("other", ["a"], { finalizers: ["example.com/slow"] });
  await settle();
  remove("a", { propagationPolicy: "Foreground" });
  await settle();
  expect(names()).toEqual(["a", "blocking", "other"]);
  expect(server.get("blocking")?.metadata.deletionTimestamp).toBeDefined();
  server.get("blocking")!.metadata.finalizers = [];
  remove("blocking");
  await settle();
  expect(names()).toEqual(["other"]);
});

test("orphan: dependents lose their owner and live on", async () => {
  const { server, add, remove, settle, names } = world();
  add("a");
  add("child", ["a"]);
  await settle();
  remove("a", { propagationPolicy: "Orphan" });
  await settle();
  expect(names()).toEqual(["child"]);
  expect(server.get("child")?.metadata.ownerReferences).toBeUndefined();
});

test("an owner that never was, or is another object by now, counts as gone", async () => {
  const { add, settle, names, server } = world();
  add("ghostly", ["ghost"]);
  server.set("a", { metadata: { name: "a", namespace: "ns", uid: "uid-second" } });
  add("heir", ["a"]);
  await settle();
  expect(names()).toEqual(["a"]);
});

test("two objects that own each other can both be deleted in the foreground", async () => {
  const { add, remove, settle, names } = world();
  add("a", ["b"], { block: true });
  add("b", ["a"], { block: true });
  await settle();
  remove("a", { propagationPolicy: "Foreground" });
  await settle();
  expect(names()).toEqual([]);
});

test.each([
  { first: "owner", why: "the owner is known" },
  { first: "dependent", why: "the owner is seen later" },
])("an owner in another namespace is reported and looked into when $why", ({ first }) => {
  const reported: string[] = [];
  const tried = new Set<string>();
  const graph = new Graph({
    attemptToDelete: (uid) => void tried.add(uid),
    attemptToOrphan: () => undefined,
    verify: () => undefined,
    reportInvalidOwner: (dependent, owner) => void reported.push(`${dependent.name} ${owner.name}`),
  });
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "o" };
  const put = {
    owner: () => graph.put({ metadata: { name: "o", uid: "o", namespace: "a" } }, "v1", "ConfigMap"),
    dependent: () =>
      graph.put({ metadata: { name: "d", uid: "d", namespace: "b", ownerReferences: [reference] } }, "v1", "ConfigMap"),
  };
  if (first === "owner") put.owner();
  put.dependent();
  put.owner();
  put.dependent();
  expect(reported).toEqual(["d o"]);
  expect(tried).toContain("d");
});

test("an owner that is gone is asked for no more often than one dependent would have it", async () => {
  const { asked, add, settle, names } = world();
  for (const name of ["x", "y", "z"]) add(name, ["gone"]);
  await settle();
  expect(names()).toEqual([]);
  // Once to see whether it exists, as somebody refers to it, and once for the first of them.
  expect(asked.filter((name) => name === "gone")).toHaveLength(2);
});

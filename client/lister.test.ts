import { beforeEach, expect, test } from "vitest";
import { ObjectStore } from "./lister.ts";
import type { ApiObject } from "./resource.ts";

const object = (name: string, version: string, owner?: string, uid = `uid-${name}`): ApiObject => ({
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    name,
    namespace: "ns",
    uid,
    resourceVersion: version,
    ...(owner && { ownerReferences: [{ apiVersion: "v1", kind: "Set", name: owner, uid: owner, controller: true }] }),
  },
});
const versions = (found: readonly Readonly<ApiObject>[]) => found.map(({ metadata }) => metadata.resourceVersion);
let store: ObjectStore<ApiObject>;

beforeEach(() => {
  store = new ObjectStore();
  store.set(object("a", "1", "x"));
  store.set(object("b", "2", "x"));
});

test("a change is seen through every index", () => {
  store.set(object("a", "3", "x"));
  expect(versions(store.ownedBy("x"))).toEqual(["3", "2"]);
  expect(versions(store.byNamespace("ns"))).toEqual(["3", "2"]);
  expect(store.byUid("uid-a")?.metadata.resourceVersion).toBe("3");
});

test("an object moves within an index", () => {
  store.set(object("a", "3", "y"));
  expect([versions(store.ownedBy("x")), versions(store.ownedBy("y"))]).toEqual([["2"], ["3"]]);
  store.set(object("a", "4"));
  expect(store.ownedBy("y")).toEqual([]);
  expect(versions(store.claimableBy(object("owner", "1", undefined, "x")))).toEqual(["2", "4"]);
});

test("another object of the same name takes the place of the old one", () => {
  store.set(object("a", "3", "x", "again"));
  expect(store.byUid("uid-a")).toBeUndefined();
  expect(store.byUid("again")?.metadata.resourceVersion).toBe("3");
});

test("what is deleted is in no index, late ones included", () => {
  store.addIndex("version", ({ metadata }) => [metadata.resourceVersion ?? ""]);
  expect(store.by("version", "1")).toHaveLength(1);
  store.delete("ns/a");
  expect([store.by("version", "1"), store.byUid("uid-a")]).toEqual([[], undefined]);
  expect([store.countIn("ns"), versions(store.ownedBy("x"))]).toEqual([1, ["2"]]);
});

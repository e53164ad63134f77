import { expect, test } from "vitest";
import type { KubeObject } from "../../meta/object.ts";
import { listRequest, scope, storeOf, testRegistry } from "./test-registry.ts";

test("others have their turn while a list looks for what it selects", async () => {
  const registry = await testRegistry();
  const store = storeOf(registry, "configmaps");
  for (let n = 0; n < 100; n++) {
    const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: `m${n}` } } as KubeObject;
    await store.create("a", object, scope());
  }
  const order: string[] = [];
  setImmediate(() => order.push("others"));
  const { fieldSelector, ...request } = listRequest();
  const slow = {
    ...fieldSelector,
    empty: false,
    matches() {
      for (const began = performance.now(); order.length === 0 && performance.now() - began < 6; );
      order.push("look");
      return true;
    },
  };
  const { items } = await store.list({ ...request, fieldSelector: slow }, scope());
  expect(items).toHaveLength(100);
  expect(order.indexOf("others")).toBeGreaterThan(-1);
  expect(order.indexOf("others")).toBeLessThan(100);
  await registry.stop();
});

test("Events, which upstream does not cache, are read in pages at any version, and no read waits for one", async () => {
  const registry = await testRegistry();
  const namesAt = async (resource: string, resourceVersion: string) => {
    const store = storeOf(registry, resource);
    const { items } = await store.list(listRequest({ limit: 1, resourceVersion }), scope());
    return items.map(({ object }) => object.metadata.name);
  };
  for (const name of ["a", "b"]) {
    const involvedObject = { namespace: "a" };
    const event = { kind: "Event", apiVersion: "v1", metadata: { name }, involvedObject, source: {} } as KubeObject;
    await storeOf(registry, "events").create("a", event, scope());
    const map = { kind: "ConfigMap", apiVersion: "v1", metadata: { name } } as KubeObject;
    await storeOf(registry, "configmaps").create("a", map, scope());
  }
  expect(await namesAt("events", "0")).toEqual(["a"]);
  expect(await namesAt("configmaps", "0")).toEqual(["a", "b"]);
  const tooLarge = { code: 504, details: { causes: [{ reason: "ResourceVersionTooLarge" }] } };
  const events = storeOf(registry, "events");
  const error = await events.list(listRequest({ resourceVersion: "999" }), scope()).catch((reason) => reason);
  expect(error).toMatchObject(tooLarge);
  expect(error.details).not.toHaveProperty("retryAfterSeconds");
  await expect(events.get("a", "none", "999", scope())).rejects.toMatchObject(tooLarge);
  await expect(events.get("a", "none", "x", scope())).rejects.toMatchObject({ code: 400 });
  await expect(storeOf(registry, "configmaps").get("a", "none", "x", scope())).rejects.toMatchObject({ code: 500 });
  await registry.stop();
});

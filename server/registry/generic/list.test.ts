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

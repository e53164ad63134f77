import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../meta/object.ts";
import type { ServerRegistry } from "../registry.ts";
import { listRequest, PLAIN, scope, storeOf, testRegistry } from "./test-registry.ts";

let registry: ServerRegistry;
const listed: { fetched: number; returned: number; index: string }[] = [];
beforeEach(async () => {
  listed.length = 0;
  const observer = { wrote: () => {}, listed: (_: unknown, list: (typeof listed)[number]) => void listed.push(list) };
  registry = await testRegistry({}, { observer });
});
afterEach(() => registry.stop());

const configMap = (name: string, labels: Record<string, string>) =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } }) as KubeObject;

/** Names that a list selects: asked three times, so that an index answers the last. */
async function selected(labels: string, more: Parameters<typeof listRequest>[0] = {}): Promise<string[]> {
  const store = storeOf(registry, "configmaps");
  const lists: string[][] = [];
  for (let time = 0; time < 3; time++) {
    const { items } = await store.list(listRequest({ labels, ...more }), scope());
    lists.push(items.map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`));
  }
  expect(lists[1]).toEqual(lists[0]);
  expect(lists[2]).toEqual(lists[0]);
  return lists[2] ?? [];
}

test("lists by a label are the same with an index, whatever is written meanwhile", async () => {
  const store = storeOf(registry, "configmaps");
  const write = (namespace: string, n: number, labels: Record<string, string>) =>
    store.create(namespace, configMap(`m${String(n).padStart(4, "0")}`, labels), scope());
  // Created from the last to the first: an index knows no order.
  for (let n = 1199; n >= 0; n--)
    await write(n % 2 ? "b" : "a", n, n % 100 === 0 ? { tier: "rare" } : { tier: "often" });
  const rare = Array.from({ length: 12 }, (_, n) => `a/m${String(n * 100).padStart(4, "0")}`);
  expect(await selected("tier=rare")).toEqual(rare);
  expect(await selected("tier=rare", { namespace: "b" })).toEqual([]);
  expect(await selected("tier in (rare,none),tier!=other", { namespace: "" })).toEqual(rare);
  expect(await selected("tier=rare", { fields: "metadata.name=m0100" })).toEqual(["a/m0100"]);

  await store.delete("a", "m0000", {}, scope());
  await store.update("a", "m0100", "", () => configMap("m0100", { tier: "often" }), PLAIN, scope());
  await store.update("a", "m0102", "", () => configMap("m0102", { tier: "rare" }), PLAIN, scope());
  await write("b", 2001, { tier: "rare" });
  const now = await selected("tier=rare", { namespace: "" });
  // The index is not upstream's, and is not told of as if it were.
  expect(listed.at(-1)).toEqual({ fetched: now.length, returned: now.length, index: "" });
  const every = (await store.list(listRequest({ namespace: "" }), scope())).items;
  const wanted = every.filter(({ object }) => object.metadata.labels?.tier === "rare");
  expect(now).toEqual(wanted.map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`));
  expect(now).toContain("a/m0102");
  expect(now).toContain("b/m2001");
  expect(now).not.toContain("a/m0100");
  expect(now).not.toContain("a/m0000");
  // What keeps its label is shown as it is now.
  await store.update("a", "m0200", "", () => configMap("m0200", { tier: "rare", more: "x" }), PLAIN, scope());
  expect(await selected("tier=rare,more=x", { namespace: "" })).toEqual(["a/m0200"]);
  // Names of JavaScript's own are labels like others.
  expect(await selected("constructor=x", { namespace: "" })).toEqual([]);
});

test("a page of a selected list says that there is more while any object is left", async () => {
  const store = storeOf(registry, "configmaps");
  for (let n = 0; n < 1001; n++)
    await store.create("a", configMap(`m${String(n).padStart(4, "0")}`, n ? {} : { only: "this" }), scope());
  await selected("only=this");
  const { items, continue: token } = await store.list(listRequest({ labels: "only=this", limit: 1 }), scope());
  expect([items.length, token !== ""]).toEqual([1, true]);
});

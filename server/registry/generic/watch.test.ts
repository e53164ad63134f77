import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../meta/object.ts";
import type { ServerRegistry } from "../registry.ts";
import { listRequest, scope, storeOf, testRegistry } from "./test-registry.ts";

let registry: ServerRegistry;
beforeEach(async () => {
  registry = await testRegistry();
});
afterEach(() => registry.stop());

test("others have their turn while a long state is sent, and nothing is lost meanwhile", async () => {
  const store = storeOf(registry, "configmaps");
  const create = (name: string) =>
    store.create("a", { kind: "ConfigMap", apiVersion: "v1", metadata: { name } } as KubeObject, scope());
  for (const name of ["a", "b", "c"]) await create(name);
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  const request = {
    ...listRequest(),
    ...{ allowWatchBookmarks: true, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" as const },
  };
  const others = new Promise<void>((resolve) => {
    setImmediate(() => {
      seen.push("others");
      void create("late").then(() => resolve());
    });
  });
  const stop = await store.watch(request, {
    send(event) {
      seen.push(event.type === "BOOKMARK" ? "bookmark" : (event.stored.object.metadata.name ?? ""));
      // As long as it takes to encode some hundred objects.
      for (const began = performance.now(); performance.now() - began < 6; );
      if (seen.at(-1) === "late") ended.resolve();
      return true;
    },
    end: () => {},
  });
  await others;
  await ended.promise;
  stop();
  expect(seen.filter((name) => name !== "others")).toEqual(["a", "b", "c", "bookmark", "late"]);
  expect(seen.indexOf("others")).toBeLessThan(seen.indexOf("c"));
});

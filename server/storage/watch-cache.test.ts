import { expect, test } from "vitest";
import type { Change } from "./storage.ts";
import { WatchCache } from "./watch-cache.ts";

const MEGABYTE = 1024 * 1024;

/** A cache after so many keys of a megabyte were created, then changed, then deleted. */
function after(create: number, change: number, remove: number): WatchCache {
  const cache = new WatchCache([], { revision: 0, recentChanges: 1000 });
  let revision = 0;
  const values = new Map<string, { value: Uint8Array; revision: number }>();
  const apply = (type: Change["type"], n: number) => {
    const key = `/k/${n}`;
    const previous = values.get(key);
    const value = new Uint8Array(MEGABYTE);
    revision++;
    values.set(key, { value, revision });
    cache.apply({ type, key, revision, createRevision: n + 1, value, ...(previous && { previous }) });
  };
  for (let n = 0; n < create; n++) apply("put", n);
  for (let n = 0; n < change; n++) apply("put", n);
  for (let n = 0; n < remove; n++) apply("delete", n);
  return cache;
}

test.each([
  ["what was created is live in any case", after(20, 0, 0), 0],
  ["as many replaced values as there is room for", after(20, 20, 0), 25],
  ["a deletion takes the room of two", after(20, 0, 20), 33],
])("recent changes take only so much memory: %s", (_what, cache, recentAfter) => {
  expect(cache.recentAfter).toBe(recentAfter);
  expect(cache.recent("/k/", recentAfter, cache.revision)).toHaveLength(cache.revision - recentAfter);
});

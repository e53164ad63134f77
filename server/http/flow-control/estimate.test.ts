import { expect, test } from "vitest";
import { parseRequestInfo } from "../request-info.ts";
import { estimate } from "./estimate.ts";
import { WatchCount } from "./watch-count.ts";

const PODS = "/api/v1/namespaces/a/pods";

function workOf(method: string, path: string, stats: [count: number, bytes: number] | undefined, maxSeats = 0) {
  const [plain, search] = path.split("?");
  const query = new URLSearchParams(search);
  const known = stats && { count: stats[0], objectBytes: stats[1] };
  const estimator = { watches: new WatchCount(), stats: () => known, onWatchCount: () => {} };
  return estimate(parseRequestInfo(method, plain!, query), query, maxSeats, estimator);
}

test.each([
  ["an object", `${PODS}/x`, [1000, 100_000], 1],
  ["an unknown resource", "/api/v1/things", undefined, 1],
  ["small objects", PODS, [99, 1000], 1],
  ["from memory no more than a megabyte at once", PODS, [1000, 10_000], 10],
  ["a page", `${PODS}?limit=100`, [1000, 1000], 1],
  ["a page with a selector, from memory", `${PODS}?limit=100&labelSelector=a`, [1000, 1000], 1],
  ["of a moment in the past", `${PODS}?resourceVersion=5&resourceVersionMatch=Exact`, [1000, 10_000], 100],
  ["a page of it", `${PODS}?resourceVersion=5&limit=100`, [1000, 10_000], 10],
  ["the next page", `${PODS}?limit=100&continue=x`, [1000, 10_000], 10],
  [
    "the next page with a selector looks at half of all",
    `${PODS}?limit=100&continue=x&labelSelector=a`,
    [1000, 10_000],
    50,
  ],
  ["one object of a list", `${PODS}?fieldSelector=metadata.name%3Dx`, [1000, 50_000], 1],
  ["a watch from nowhere", `${PODS}?watch=1`, [1000, 10_000], 10],
  ["a watch from a revision", `${PODS}?watch=1&resourceVersion=5`, [1000, 10_000], 1],
  ["a watch that wants the state", `${PODS}?watch=1&resourceVersion=5&sendInitialEvents=true`, [1000, 10_000], 10],
  ["nonsense costs the most", `${PODS}?limit=many`, [1, 1], 100],
] as const)("seats to read: %s", (_, path, stats, seats) => {
  expect(workOf("GET", path, stats && [...stats]).initialSeats).toBe(seats);
  expect(workOf("GET", path, stats && [...stats], 4).initialSeats).toBe(Math.min(4, seats));
});

test.each([
  [0, 0, 0],
  [9, 0, 0],
  [10, 1, 5],
  [25, 3, 5],
  [100, 10, 5],
  [400, 10, 20],
])("a write that %i watchers are told of keeps %i seats for %i ms", (count, finalSeats, lingerMilliseconds) => {
  const none = new URLSearchParams();
  const watches = new WatchCount();
  for (let i = 0; i < count; i++) watches.add(parseRequestInfo("GET", PODS, new URLSearchParams("watch=1")));
  let told = -1;
  const onWatchCount = (seen: number) => {
    told = seen;
  };
  const work = estimate(parseRequestInfo("POST", PODS, none), none, 0, {
    watches,
    stats: () => undefined,
    onWatchCount,
  });
  expect(work).toEqual({ initialSeats: 1, finalSeats, lingerMilliseconds });
  expect(told).toBe(count);
});

test("watches of the whole, of the namespace and of the object are told of a write", () => {
  const watches = new WatchCount();
  const watch = (path: string, query = "") => {
    const search = new URLSearchParams(`watch=1&${query}`);
    return watches.add(parseRequestInfo("GET", path, search));
  };
  watch("/api/v1/pods");
  const forget = watch(PODS);
  watch(PODS, "fieldSelector=metadata.name%3Dx");
  watch("/api/v1/pods", "fieldSelector=spec.nodeName%3Dn1"); // told of few
  watch("/api/v1/namespaces/b/pods");
  watch("/api/v1/namespaces/a/configmaps");
  const interested = (method: string, path: string) =>
    watches.interestedIn(parseRequestInfo(method, path, new URLSearchParams()));
  expect([interested("PUT", `${PODS}/x`), interested("PUT", `${PODS}/y`), interested("POST", PODS)]).toEqual([3, 2, 2]);
  expect(interested("GET", `${PODS}/x`)).toBe(0);
  forget?.();
  expect(interested("PUT", `${PODS}/x`)).toBe(2);
});

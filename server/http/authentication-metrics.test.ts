import { expect, test } from "vitest";
import { cachedTokenAuthenticator } from "../auth/token-cache.ts";
import { AuthenticationMetrics } from "./authentication-metrics.ts";
import type { Series } from "./series.ts";

type Row = { readonly metricName?: string; readonly value: number; readonly labels: Record<string, string> };

const rowsOf = async (metrics: { readonly series: readonly Series[] }, name: string) => {
  const series = metrics.series.find((each) => each.name === name);
  const { values = [] } = ((await series?.get()) ?? {}) as { values?: readonly Row[] }; // what prom-client is given
  return values.filter(({ metricName = "" }) => !/_sum$|_count$/.test(metricName));
};

test("a lifetime falls into upstream's buckets, which are there before the first certificate", async () => {
  const metrics = new AuthenticationMetrics(() => 0);
  const rows = () => rowsOf(metrics, "apiserver_client_certificate_expiration_seconds");
  expect((await rows()).map(({ value }) => value)).toEqual(Array(15).fill(0));
  metrics.clientCertificate(-5);
  metrics.clientCertificate(90_000);
  const counts = Object.fromEntries((await rows()).map(({ labels, value }) => [labels.le, value]));
  expect(counts).toMatchObject({ "0": 1, "86400": 1, "172800": 2, "2.592e+06": 2, "+Inf": 2 });
});

test("the cache of tokens counts hits, misses, errors, and who waits for an answer", async () => {
  let seconds = 0;
  const metrics = new AuthenticationMetrics(() => seconds);
  const counts = async (name: string) => {
    const rows = await rowsOf(metrics, `authentication_token_cache_${name}`);
    return Object.fromEntries(rows.map(({ labels, value }) => [labels.status, value]));
  };
  let answer: () => void = () => undefined;
  const cache = cachedTokenAuthenticator(
    {
      name: "inner",
      async authenticateToken(token) {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        if (token === "bad") throw new Error("bad");
        return { user: { name: token, groups: [] } };
      },
    },
    { successMilliseconds: 10_000, failureMilliseconds: 0, now: () => new Date(0), observer: metrics.tokenCache },
  );
  const [first, second] = [cache.authenticateToken("jane", []), cache.authenticateToken("jane", [])];
  expect(await counts("active_fetch_count")).toEqual({ blocked: 2, in_flight: 1 });
  seconds = 0.2;
  answer();
  await Promise.all([first, second]);
  cache.authenticateToken("jane", []);
  const refused = Promise.resolve(cache.authenticateToken("bad", []));
  answer();
  await expect(refused).rejects.toThrow("bad");
  expect(await counts("active_fetch_count")).toEqual({ blocked: 0, in_flight: 0 });
  expect(await counts("request_total")).toEqual({ hit: 1, miss: 3 });
  expect(await counts("fetch_total")).toEqual({ ok: 1, error: 1 });
  const durations = await rowsOf(metrics, "authentication_token_cache_request_duration_seconds");
  const missesWithin = (le: string) =>
    durations.find(({ labels }) => labels.status === "miss" && labels.le === le)?.value;
  expect([missesWithin("0.1"), missesWithin("0.25")]).toEqual([1, 3]);
});

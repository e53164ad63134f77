import type { Http2Client } from "./http2-client.ts";
import { configMap, configMaps, pod, pods } from "./objects.ts";

/** One kind of request: how many are measured, and the n-th of them. */
export interface Verb {
  readonly name: string;
  readonly count: number;
  send(client: Http2Client, n: number): ReturnType<Http2Client["send"]>;
}

const JSON_TYPE = "application/json";
const send = (client: Http2Client, method: string, path: string, body?: unknown, type = JSON_TYPE) =>
  client.send({ method, path, ...(body !== undefined && { body: JSON.stringify(body), type }) });

const mergeBody = (n: number) => ({ metadata: { annotations: { merge: String(n) } } });
const strategicBody = (n: number) => ({
  spec: { containers: [{ name: "server", image: `registry.example.com/bench/server:${n}` }] },
});
const jsonBody = (n: number) => [{ op: "add", path: "/metadata/annotations/json", value: String(n) }];

/**
 * All verbs on single objects, in an order in which each finds what it needs: `p0` to `p4999` are there. Prepared at
 * `size` objects, so that none of them depends on how many there are, unless the server does.
 */
export const verbs: readonly Verb[] = [
  {
    name: "create ConfigMap, 1 KB",
    count: 10_000,
    send: (client, n) => send(client, "POST", configMaps, configMap(`m${n}`)),
  },
  { name: "create Pod", count: 5000, send: (client, n) => send(client, "POST", pods, pod(`n${n}`, n)) },
  { name: "get Pod", count: 30_000, send: (client, n) => send(client, "GET", `${pods}/p${n % 5000}`) },
  {
    name: "update ConfigMap",
    count: 10_000,
    send: (client, n) =>
      send(client, "PUT", `${configMaps}/m${n}`, { ...configMap(`m${n}`), data: { data: `${n}${"y".repeat(1000)}` } }),
  },
  {
    name: "JSON patch of a Pod",
    count: 5000,
    send: (client, n) => send(client, "PATCH", `${pods}/p${n}`, jsonBody(n), "application/json-patch+json"),
  },
  {
    name: "merge patch of a Pod",
    count: 5000,
    send: (client, n) => send(client, "PATCH", `${pods}/p${n}`, mergeBody(n), "application/merge-patch+json"),
  },
  {
    name: "strategic patch of a Pod",
    count: 5000,
    send: (client, n) =>
      send(client, "PATCH", `${pods}/p${n}`, strategicBody(n), "application/strategic-merge-patch+json"),
  },
  {
    name: "apply of a ConfigMap, new",
    count: 5000,
    send: (client, n) => apply(client, n, "v"),
  },
  {
    name: "apply of a ConfigMap, changed",
    count: 5000,
    send: (client, n) => apply(client, n, "w"),
  },
  {
    name: "delete Pod",
    count: 5000,
    send: (client, n) => send(client, "DELETE", `${pods}/n${n}`, { gracePeriodSeconds: 0 }),
  },
];

const apply = (client: Http2Client, n: number, value: string) =>
  send(
    client,
    "PATCH",
    `${configMaps}/a${n}?fieldManager=bench`,
    { ...configMap(`a${n}`), data: { k: value } },
    "application/apply-patch+yaml",
  );

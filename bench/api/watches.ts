import { load } from "../load.ts";
import type { Http2Client } from "./http2-client.ts";
import type { Figure } from "./measure.ts";
import { configMap, namespace } from "./objects.ts";
import type { Target } from "./target.ts";

const secrets = `/api/v1/namespaces/${namespace}/secrets`;
const SESSIONS = 8;
const WRITERS = 32;
const NEWLINE = 10;

/** So many watchers of one resource, and the events a second that all of them together receive. */
export async function fanOut(target: Target, watchers: number, events: number): Promise<Figure> {
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => target.connect()));
  const writer = await target.connect();
  const expected = watchers * events;
  let seen = 0;
  let done = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const count = (chunk: Buffer) => {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) seen++;
    if (seen >= expected) done();
  };
  const run = `w${watchers}`;
  const path = `${secrets}?watch=1&resourceVersion=${await newest(writer)}&labelSelector=run%3D${run}`;
  for (let n = 0; n < watchers; n++) {
    // A watch that ends early would leave events out; what it lacks shows as a failure.
    void (clients[n % SESSIONS] as Http2Client).send({ method: "GET", path, onData: count }).then(done);
  }
  await opened(writer, watchers);
  const before = target.usage().cpuSeconds;
  const own = process.cpuUsage();
  const began = performance.now();
  const { failed } = await load({
    count: events,
    concurrency: WRITERS,
    send: (n) => {
      const { metadata, data } = configMap(`${run}-${n}`);
      const body = { apiVersion: "v1", kind: "Secret", metadata: { ...metadata, labels: { run } }, stringData: data };
      return writer.send({ method: "POST", path: secrets, body: JSON.stringify(body), type: "application/json" });
    },
  });
  await all;
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(own);
  for (const client of [...clients, writer]) client.close();
  return {
    perSecond: seen / seconds,
    p50: 0,
    p99: 0,
    cpu: ((target.usage().cpuSeconds - before) * 1000) / expected,
    ownCpu: (user + system) / 1000 / expected,
    bytes: 0,
    failed: failed + expected - Math.min(seen, expected),
  };
}

async function newest(client: Http2Client): Promise<string> {
  const { text } = await client.send({ method: "GET", path: `${secrets}?limit=1` });
  return /"resourceVersion":"(\d+)"/.exec(text)?.[1] ?? "";
}

/** Until the server counts as many watches. */
async function opened(client: Http2Client, watchers: number): Promise<void> {
  const pattern = /^apiserver_longrunning_requests\{.*resource="secrets".*verb="WATCH".*\} (\d+)$/gm;
  for (;;) {
    const { text } = await client.send({ method: "GET", path: "/metrics" });
    const open = [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
    if (open >= watchers) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

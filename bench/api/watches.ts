import { load } from "../load.ts";
import type { Http2Client } from "./http2-client.ts";
import type { Figure } from "./measure.ts";
import { configMap, namespace } from "./objects.ts";
import type { Target } from "./target.ts";

const secrets = `/api/v1/namespaces/${namespace}/secrets`;
const SESSIONS = 8;
/** kube-apiserver takes no more than 100 streams on a connection. */
const WATCHERS_PER_SESSION = 50;
const WRITERS = 32;
const NEWLINE = 10;
/** So many of the last bytes of a stream hold a whole event. */
const TAIL_BYTES = 4096;

/** So many watchers of one resource, and the events a second that all of them together receive. */
export async function fanOut(target: Target, watchers: number, events: number): Promise<Figure> {
  const sessions = Math.max(SESSIONS, Math.ceil(watchers / WATCHERS_PER_SESSION));
  const clients = await Promise.all(Array.from({ length: sessions }, () => target.connect()));
  const writer = await target.connect();
  const expected = watchers * events;
  let seen = 0;
  let done = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const count = (events: number) => {
    seen += events;
    if (seen >= expected) done();
  };
  const run = `w${watchers}`;
  const since = await newest(writer);
  const path = (revision: string) => `${secrets}?watch=1&resourceVersion=${revision}&labelSelector=run%3D${run}`;
  let isOver = false;
  const watching = Array.from({ length: watchers }, async (_, n) => {
    const client = clients[n % sessions] as Http2Client;
    for (let revision = since; !isOver && revision; )
      revision = await watchOnce(client, path(revision), revision, count);
  });
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
  // One that cannot go on leaves events out: what is lacking shows as failures.
  await Promise.race([all, Promise.all(watching)]);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(own);
  isOver = true;
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

/**
 * Counts events until the watch ends: a server sends those away that are too slow for it.
 * @returns the revision to go on from; empty when there is none
 */
async function watchOnce(
  client: Http2Client,
  path: string,
  since: string,
  count: (events: number) => void,
): Promise<string> {
  const tail = new Tail();
  const { status } = await client.send({
    method: "GET",
    path,
    onData(bytes, from, to) {
      let events = 0;
      let at = bytes.indexOf(NEWLINE, from);
      for (; at >= 0 && at < to; at = bytes.indexOf(NEWLINE, at + 1)) events++;
      count(events);
      tail.keep(bytes, from, to);
    },
  });
  if (status !== 200) return "";
  const text = tail.bytes.toString("latin1");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return [...whole.matchAll(/"resourceVersion":"(\d+)"/g)].at(-1)?.[1] ?? since;
}

/** The end of a stream of bytes. */
class Tail {
  readonly #kept = Buffer.alloc(TAIL_BYTES);
  #length = 0;

  get bytes(): Buffer {
    return this.#kept.subarray(0, this.#length);
  }

  keep(bytes: Buffer, from: number, to: number): void {
    const added = Math.min(to - from, TAIL_BYTES);
    const left = Math.min(this.#length, TAIL_BYTES - added);
    if (left > 0) this.#kept.copyWithin(0, this.#length - left, this.#length);
    bytes.copy(this.#kept, left, to - added, to);
    this.#length = left + added;
  }
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

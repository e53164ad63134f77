import { load } from "../load.ts";
import type { Http2Client } from "./http2-client.ts";
import { measureLists } from "./lists.ts";
import { describe, type Figure, measure } from "./measure.ts";
import { mixedLoad } from "./mixed.ts";
import { namespace, pod, pods } from "./objects.ts";
import { type Other, startTarget, type Target } from "./target.ts";
import { verbs } from "./verbs.ts";
import { fanOut } from "./watches.ts";

export interface ApiOptions {
  /** How many Pods there are, one run after the other. At least 5,000. */
  readonly sizes: readonly number[];
  /** Of `verbs`, `lists`, `watches`, `mixed`; none: all. */
  readonly parts: readonly string[];
  /** Any other API server instead of one of this build. */
  readonly other: Other | undefined;
}

type Row = (name: string, value: string) => void;

const CLIENTS = 32;
const FAN_OUT: readonly (readonly [watchers: number, events: number])[] = [
  [100, 5000],
  [1000, 1000],
];

/** One API server after the other with more and more objects: what each kind of request costs, and how that grows. */
export async function apiBench({ sizes, parts, other }: ApiOptions, row: Row): Promise<void> {
  const figures: Map<string, Figure>[] = [];
  for (const size of sizes) {
    const found = new Map<string, Figure>();
    figures.push(found);
    const title = `${size.toLocaleString("en")} Pods`;
    const note = (name: string, figure: Figure) => {
      found.set(name, figure);
      row(`${title}: ${name}`, describe(figure));
    };
    const target = await startTarget(other);
    try {
      await runAt(size, target, { parts, note, memory: (name, value) => row(`${title}: ${name}`, value) });
    } finally {
      await target.stop();
    }
  }
  for (let i = 1; i < figures.length; i++) {
    const [from, to] = [sizes[i - 1] as number, sizes[i] as number].map((size) => size.toLocaleString("en"));
    for (const [name, { cpu, bytes }] of figures[i] as Map<string, Figure>) {
      const before = figures[i - 1]?.get(name);
      if (!before) continue;
      const size = bytes > 20_000 ? `, bytes × ${(bytes / before.bytes).toFixed(1)}` : "";
      row(`${from} → ${to} Pods: ${name}`, `CPU × ${(cpu / before.cpu).toFixed(1)}${size}`);
    }
  }
}

interface Notes {
  readonly parts: readonly string[];
  note(name: string, figure: Figure): void;
  memory: Row;
}

async function runAt(size: number, target: Target, { parts, note, memory }: Notes): Promise<void> {
  const wants = (part: string) => parts.length === 0 || parts.includes(part);
  const client = await target.connect();
  await prepare(client);
  const megabytes = () => target.usage().megabytes;
  memory("memory before", `${megabytes().toFixed(0)} MB`);
  const filling = { count: size, concurrency: CLIENTS, send: (n: number) => create(client, n) };
  note("create all Pods", await measure(target, filling));
  if (wants("lists")) await measureLists(target, size, note);
  if (wants("verbs")) {
    for (const { name, count, send } of verbs) {
      note(name, await measure(target, { count, concurrency: CLIENTS, send: (n) => send(client, n) }));
    }
  }
  if (wants("watches")) {
    for (const [watchers, events] of FAN_OUT)
      note(`events to ${watchers} watchers`, await fanOut(target, watchers, events));
  }
  if (wants("mixed")) note("mixed load", await mixedLoad(target, CLIENTS));
  memory("memory after", `${megabytes().toFixed(0)} MB`);
  client.close();
}

const create = (client: Http2Client, n: number) =>
  client.send({ method: "POST", path: pods, body: JSON.stringify(pod(`p${n}`, n)), type: "application/json" });

/** A namespace with the ServiceAccount without which no Pod is admitted; its controller may not run. */
async function prepare(client: Http2Client): Promise<void> {
  const post = (path: string, body: object) =>
    client.send({ method: "POST", path, body: JSON.stringify(body), type: "application/json" });
  await post("/api/v1/namespaces", { metadata: { name: namespace } });
  await load({
    count: 1,
    concurrency: 1,
    send: () => post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" } }),
  });
}

/**
 * Figures of this build on this machine, as a table: `npm run bench [-- NAME …]`. Machines are noisy: ratios between rows
 * of one run are what counts. The load generator shares the machine and is counted in nobody's CPU but its own.
 */
import type { ClientHttp2Session } from "node:http2";
import { definition, thing } from "./definitions.ts";
import { load } from "./load.ts";
import { atRest, deployment, manyPods, untilRunning } from "./many-pods.ts";
import { type Running, request, session, start, usage } from "./running.ts";
import { scheduling } from "./scheduling.ts";

const rows: [string, string][] = [];
const row = (name: string, value: string) => {
  rows.push([name, value]);
  process.stderr.write(`${name}: ${value}\n`);
};

async function wholeCluster(): Promise<void> {
  const cluster = await start(["up"]);
  const client = session(cluster);
  row("up: start to ready (components too)", `${cluster.readyAfter.toFixed(0)} ms`);
  let began = performance.now();
  await request(client, "POST", "/apis/apps/v1/namespaces/default/deployments", deployment("three", 3));
  await untilRunning(client, 3, { selector: "app=three" });
  row("up: 3 replicas applied to Running", `${(performance.now() - began).toFixed(0)} ms`);
  row("up: start to 3 Running", `${(cluster.readyAfter + performance.now() - began).toFixed(0)} ms`);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  row("up: memory at rest", `${usage(cluster.pid).megabytes.toFixed(0)} MB`);
  began = performance.now();
  await request(
    client,
    "PATCH",
    "/apis/apps/v1/namespaces/default/deployments/three",
    { spec: { replicas: 200 } },
    "application/merge-patch+json",
  );
  await untilRunning(client, 200, { selector: "app=three" });
  row("up: Deployment scaled 3 → 200 Running", `${((performance.now() - began) / 1000).toFixed(1)} s`);
  client.close();
  await cluster.stop();
}

async function apiServer(): Promise<void> {
  const server = await start(["server"]);
  const client = session(server);
  // Its controller does not run here, and without it no Pod is admitted.
  await request(client, "POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  row("server: start to ready", `${server.readyAfter.toFixed(0)} ms`);
  row("server: memory at rest", `${usage(server.pid).megabytes.toFixed(0)} MB`);
  const measure = async (name: string, count: number, send: (n: number) => Promise<{ status: number }>) => {
    const before = usage(server.pid).cpuSeconds;
    const { perSecond, p50, p99, failed } = await load({ count, concurrency: 32, send });
    const cpu = ((usage(server.pid).cpuSeconds - before) * 1000) / count;
    row(
      name,
      `${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${cpu.toFixed(2)} ms CPU${failed ? `, ${failed} FAILED` : ""}`,
    );
  };
  const data = "x".repeat(1000);
  const maps = "/api/v1/namespaces/default/configmaps";
  const pods = "/api/v1/namespaces/default/pods";
  const pod = (n: number) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${n}`, labels: { app: "bench", group: String(n % 50) } },
    spec: { containers: [{ name: "c", image: "nginx:latest", resources: { requests: { cpu: "1m" } } }] },
  });
  const map = (n: number) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `m${n}` }, data: { data } });
  await measure("create ConfigMap, 1 KB, 32 clients, durable", 10_000, (n) => request(client, "POST", maps, map(n)));
  await measure("create Pod", 5_000, (n) => request(client, "POST", pods, pod(n)));
  await measure("get Pod", 20_000, (n) => request(client, "GET", `${pods}/p${n % 5000}`));
  await measure("update ConfigMap (PUT)", 5_000, (n) =>
    request(client, "PUT", `${maps}/m${n}`, { ...map(n), data: { data, n: String(n) } }),
  );
  const patch = (type: string) => (n: number) =>
    request(
      client,
      "PATCH",
      `${pods}/p${n}`,
      { metadata: { annotations: { [type.replace(/\W/g, "")]: String(n) } } },
      type,
    );
  await measure("merge patch Pod", 3_000, patch("application/merge-patch+json"));
  await measure("strategic patch Pod", 3_000, patch("application/strategic-merge-patch+json"));
  await measure("apply ConfigMap", 3_000, (n) =>
    request(
      client,
      "PATCH",
      `${maps}/a${n}?fieldManager=bench`,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `a${n}` }, data: { k: "v" } },
      "application/apply-patch+yaml",
    ),
  );
  const list = async (name: string, path: string) => {
    await request(client, "GET", path);
    const before = usage(server.pid).cpuSeconds;
    const began = performance.now();
    let bytes = 0;
    for (let n = 0; n < 10; n++) bytes = (await request(client, "GET", path)).text.length;
    const cpu = (usage(server.pid).cpuSeconds - before) * 100;
    row(
      name,
      `${((performance.now() - began) / 10).toFixed(1)} ms, ${cpu.toFixed(0)} ms CPU, ${(bytes / 1e6).toFixed(1)} MB`,
    );
  };
  await list("list 5,000 Pods", pods);
  await list("list 5,000 Pods, selector keeps 2 %", `${pods}?labelSelector=group%3D7`);
  await list("list 5,000 Pods, 500 a page (first)", `${pods}?limit=500`);
  await fanOut(server);
  await measure("delete Pod", 3_000, (n) => request(client, "DELETE", `${pods}/p${n}`, { gracePeriodSeconds: 0 }));
  row("server: memory after all this", `${usage(server.pid).megabytes.toFixed(0)} MB`);
  client.close();
  await server.stop();
}

/** 100 watchers of one resource, events a second that all of them together receive. */
async function fanOut(server: Running): Promise<void> {
  const WATCHERS = 100;
  const EVENTS = 500;
  const clients = Array.from({ length: 4 }, () => session(server));
  const writer = session(server);
  let seen = 0;
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const streams = Array.from({ length: WATCHERS }, (_, n) => {
    const stream = (clients[n % clients.length] as ClientHttp2Session).request({
      ":path": "/api/v1/namespaces/default/secrets?watch=1&resourceVersion=0",
    });
    stream.on("data", (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) seen++;
      if (seen >= WATCHERS * EVENTS) done();
    });
    stream.on("error", () => {});
    return stream;
  });
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once("response", resolve))));
  const began = performance.now();
  await load({
    count: EVENTS,
    concurrency: 32,
    send: (n) =>
      request(writer, "POST", "/api/v1/namespaces/default/secrets", {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `s${n}` },
      }),
  });
  await all;
  row("watch fan-out, 100 watchers", `${(seen / ((performance.now() - began) / 1000)).toFixed(0)} events/s`);
  for (const client of [...clients, writer]) client.destroy();
}

/** Many definitions, of which few are ever used. */
async function customResources(): Promise<void> {
  const COUNT = 500;
  const server = await start(["server", "--storage", "memory:"]);
  const client = session(server);
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const things = (n: number) => `/apis/bench.example.com/v1/namespaces/default/things${n}`;
  const kilobytes = JSON.stringify(definition(0)).length / 1000;
  const before = usage(server.pid);
  const { failed } = await load({
    count: COUNT,
    concurrency: 8,
    send: (n) => request(client, "POST", crds, definition(n)),
  });
  const established = async () => (await request(client, "GET", `${things(COUNT - 1)}?limit=1`)).status === 200;
  while (!(await established())) await new Promise((resolve) => setTimeout(resolve, 20));
  const after = usage(server.pid);
  const cpu = ((after.cpuSeconds - before.cpuSeconds) * 1000) / COUNT;
  const memory = ((after.megabytes - before.megabytes) * 1000) / COUNT;
  const size = `${COUNT} definitions of ${kilobytes.toFixed(0)} KB`;
  row(size, `${cpu.toFixed(1)} ms CPU and ${memory.toFixed(0)} KB of memory each${failed ? `, ${failed} FAILED` : ""}`);
  const timed = async (name: string, send: () => Promise<{ status: number }>) => {
    const began = performance.now();
    const { status } = await send();
    row(name, `${(performance.now() - began).toFixed(1)} ms${status >= 400 ? ` FAILED ${status}` : ""}`);
  };
  await timed("its first object (schema and rules compile)", () => request(client, "POST", things(7), thing(7, "a")));
  await timed("its second object", () => request(client, "POST", things(7), thing(7, "b")));
  await timed("OpenAPI v3 of their group", () => request(client, "GET", "/openapi/v3/apis/bench.example.com/v1"));
  client.close();
  await server.stop();
}

const benches: Record<string, () => Promise<void>> = {
  up: wholeCluster,
  server: apiServer,
  definitions: customResources,
  pods: () => manyPods(row),
  scheduling: () => scheduling(row),
  rest: () => atRest(row),
};
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(benches)) if (!wanted.length || wanted.includes(name)) await run();
console.log(
  ["| what | measured |", "| --- | --- |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n"),
);

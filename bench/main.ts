/**
 * Figures of this build on this machine, as a table: `npm run bench [-- NAME …]`. Machines are noisy: ratios between rows
 * of one run are what counts. The load generator shares the machine and is counted in nobody's CPU but its own.
 *
 *   npm run bench -- api --sizes 5000,50000,100000 --only lists,watches   parts of it (verbs, lists, watches, mixed)
 *   npm run bench -- api --kubeconfig K --pids 12,34                      any other API server, by its processes
 */
import { parseArgs } from "node:util";
import { apiBench } from "./api/run.ts";
import { definition, thing } from "./definitions.ts";
import { load } from "./load.ts";
import { atRest, deployment, manyPods, untilRunning } from "./many-pods.ts";
import { request, session, start, usage } from "./running.ts";
import { scheduling } from "./scheduling.ts";
import { startAndRest } from "./start.ts";

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
  start: () => startAndRest(row),
  api: () => apiBench({ sizes: numbers(flags.sizes), parts: flags.only?.split(",") ?? [], other: other() }, row),
  definitions: customResources,
  pods: () => manyPods(row),
  scheduling: () => scheduling(row),
  rest: () => atRest(row),
};
const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: "string", default: "5000,50000" },
    only: { type: "string" },
    kubeconfig: { type: "string" },
    pids: { type: "string", default: "" },
  },
});
const numbers = (text: string) => text.split(",").filter(Boolean).map(Number);
const other = () => (flags.kubeconfig ? { kubeconfig: flags.kubeconfig, pids: numbers(flags.pids) } : undefined);
for (const [name, run] of Object.entries(benches)) if (!wanted.length || wanted.includes(name)) await run();
console.log(
  ["| what | measured |", "| --- | --- |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n"),
);

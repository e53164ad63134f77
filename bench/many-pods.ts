import type { ClientHttp2Session } from "node:http2";
import { request, session, start, usage } from "./running.ts";

export const deployment = (name: string, replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx:latest" }] } },
  },
});

/**
 * Resolves when so many Pods of a namespace run that a selector keeps. Hears of each of them about once.
 * @throws Error when the cluster goes away before
 */
export async function untilRunning(
  client: ClientHttp2Session,
  count: number,
  { namespace = "default", selector = "" }: { namespace?: string; selector?: string } = {},
): Promise<void> {
  const running = new Set<string>();
  const query = new URLSearchParams({ watch: "1", fieldSelector: "status.phase=Running", labelSelector: selector });
  // A watcher that is too slow is sent away, and begins anew.
  while (running.size < count) {
    if (client.closed || client.destroyed)
      throw new Error(`the cluster went away with ${running.size} of ${count} Pods`);
    const stream = client.request({ ":path": `/api/v1/namespaces/${namespace}/pods?${query}` });
    let rest = "";
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        const lines = (rest + chunk.toString("utf8")).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) running.add(/"name":"([^"]+)"/.exec(line)?.[1] ?? "");
        if (running.size >= count) break;
      }
    } catch (error) {
      if (!client.destroyed) throw error;
    }
    stream.close();
  }
}

const seconds = (began: number) => `${((performance.now() - began) / 1000).toFixed(1)} s`;

/** Many Pods on many simulated nodes: how soon they run, how soon they are gone, and what they cost when nothing happens. */
export async function manyPods(row: (name: string, value: string) => void): Promise<void> {
  const cluster = await start(["up", "--nodes", "100"]);
  const client = session(cluster);
  await request(client, "POST", "/api/v1/namespaces", { metadata: { name: "many" } });
  const deployments = "/apis/apps/v1/namespaces/many/deployments";
  const create = (name: string, replicas: number) => request(client, "POST", deployments, deployment(name, replicas));
  await create("grows", 3);
  await untilRunning(client, 3, { namespace: "many", selector: "app=grows" });
  let began = performance.now();
  const patch = { spec: { replicas: 500 } };
  await request(client, "PATCH", `${deployments}/grows`, patch, "application/merge-patch+json");
  await untilRunning(client, 500, { namespace: "many", selector: "app=grows" });
  row("100 nodes: Deployment 3 → 500 Running", seconds(began));
  began = performance.now();
  for (let n = 0; n < 10; n++) await create(`d${n}`, 500);
  await untilRunning(client, 5500, { namespace: "many" });
  row("100 nodes: 10 Deployments × 500 Running", seconds(began));
  for (let n = 10; n < 19; n++) await create(`d${n}`, 500);
  await untilRunning(client, 10_000, { namespace: "many" });
  began = performance.now();
  await request(client, "DELETE", "/api/v1/namespaces/many");
  while ((await request(client, "GET", "/api/v1/namespaces/many")).status !== 404) await after(100);
  row("100 nodes: 10,000 Pods gone with their namespace", seconds(began));
  client.close();
  await cluster.stop();
}

/** A thousand nodes with twenty thousand Pods on which nothing happens. */
export async function atRest(row: (name: string, value: string) => void): Promise<void> {
  const NODES = 1000;
  const PODS = 20_000;
  const cluster = await start(["up", "--nodes", String(NODES)]);
  const client = session(cluster);
  await untilReady(client, NODES);
  await after(5000);
  const empty = usage(cluster.pid);
  const began = performance.now();
  for (let n = 0; n < PODS / 500; n++) {
    await request(client, "POST", "/apis/apps/v1/namespaces/default/deployments", deployment(`d${n}`, 500));
  }
  await untilRunning(client, PODS);
  row("1,000 nodes: 20,000 Pods Running", seconds(began));
  await after(20_000);
  const before = usage(cluster.pid);
  const SECONDS = 30;
  await after(SECONDS * 1000);
  const rest = usage(cluster.pid);
  const load = ((rest.cpuSeconds - before.cpuSeconds) / SECONDS) * 100;
  row("1,000 nodes, 20,000 Pods: load at rest", `${load.toFixed(0)} % of a core`);
  const perPod = ((rest.megabytes - empty.megabytes) * 1000) / PODS;
  row("1,000 nodes, 20,000 Pods: memory", `${rest.megabytes.toFixed(0)} MB, ${perPod.toFixed(0)} KB a Pod`);
  client.close();
  await cluster.stop();
}

async function untilReady(client: ClientHttp2Session, nodes: number): Promise<void> {
  for (;;) {
    const { text } = await request(client, "GET", "/api/v1/nodes");
    const ready = text.split('"reason":"KubeletReady"').length - 1;
    if (ready >= nodes) return;
    await after(200);
  }
}

const after = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

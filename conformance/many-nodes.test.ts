import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { CoreV1Api, KubeConfig, Log } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { startCluster } from "../testing/start-cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient } from "./http.ts";

/** So many share connections, on which the front proxy says who each of them is. */
const NODES = 51;

test("each of many nodes is itself to the API server, and hears of its own Pods", async () => {
  await using cluster = await startCluster({ nodes: NODES, metricsServer: false });
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const nodes = (await core.listNode()).items.map(({ metadata }) => metadata?.name ?? "");
  expect(nodes).toHaveLength(NODES);
  const chosen = [nodes[0] ?? "", nodes[NODES - 1] ?? ""].sort();
  const containers = [{ name: "c", image: "busybox", command: ["sh", "-c", "hostname; sleep 3600"] }];
  for (const nodeName of chosen) {
    const body = { metadata: { name: nodeName }, spec: { nodeName, containers } };
    await core.createNamespacedPod({ namespace: "default", body });
  }
  await eventually(async () => {
    const { items } = await core.listNamespacedPod({ namespace: "default" });
    const phases = items.map(({ metadata, status }) => [metadata?.name, status?.phase]);
    expect(phases).toEqual(chosen.map((name) => [name, "Running"]));
  });
  for (const name of chosen) expect(await logOf(config, name)).toBe(`${name}\n`);
  // Only the node authorizer lets the group of nodes do anything, and each member to its own Node and Pods.
  const api = await HttpClient.open(cluster.kubeconfig);
  const { body } = await api.send("GET", "/metrics", undefined, { accept: "text/plain" });
  const counter = /^apiserver_flowcontrol_dispatched_requests_total\{.*flow_schema="system-node-high".*\} (\d+)$/m;
  expect(Number(counter.exec(body)?.[1])).toBeGreaterThanOrEqual(NODES);
});

async function logOf(config: KubeConfig, pod: string): Promise<string> {
  const output = new PassThrough();
  await new Log(config).log("default", pod, "c", output);
  return text(output);
}

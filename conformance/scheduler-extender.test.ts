import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, spawnBuilt } from "../cli/run-built.ts";
import { startCluster, type TestCluster } from "../testing/start-cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient } from "./http.ts";

/** `inkube scheduler --config` with a program beside it that has a say in where Pods go, by HTTP. */
const pods = "/api/v1/namespaces/default/pods";
const folder = mkdtempSync(join(tmpdir(), "inkube-extender-"));
let cluster: TestCluster;
let api: HttpClient;
let extender: Server;
let scheduler: Running;
/** Pods that the extender bound. */
const bound = new Set<string>();

interface Asked {
  readonly Pod?: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } };
  readonly NodeNames?: readonly string[];
  readonly PodName?: string;
  readonly Node?: string;
}

async function answer(verb: string, { Pod, NodeNames = [], PodName = "", Node: name }: Asked): Promise<unknown> {
  const { only, best } = Pod?.metadata.labels ?? {};
  if (verb === "filter") {
    const refused = NodeNames.filter((node) => only && node !== only);
    return {
      NodeNames: NodeNames.filter((node) => !refused.includes(node)),
      FailedNodes: Object.fromEntries(refused.map((node) => [node, "kept for others"])),
    };
  }
  if (verb === "prioritize") return NodeNames.map((node) => ({ Host: node, Score: node === best ? 10 : 0 }));
  bound.add(PodName);
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: PodName }, target: { kind: "Node", name } };
  const { status } = await api.post(`${pods}/${PodName}/binding`, binding);
  return status === 201 ? {} : { Error: `binding answered ${status}` };
}

beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, scheduler: false, controllers: ["serviceaccount-controller"] });
  api = await HttpClient.open(cluster.kubeconfig);
  for (const name of ["a", "b", "c"]) {
    const status = { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name }, status };
    expect((await api.post("/api/v1/nodes", node)).status).toBe(201);
    await api.send("PATCH", `/api/v1/nodes/${name}`, { spec: { taints: null } });
  }
  extender = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.end(JSON.stringify(await answer(request.url?.split("/").at(-1) ?? "", JSON.parse(text))));
  });
  await new Promise<void>((resolve) => extender.listen(0, "127.0.0.1", resolve));
  // The cast: a server that listens on TCP has such an address.
  const urlPrefix = `http://127.0.0.1:${(extender.address() as AddressInfo).port}/scheduler`;
  const config = join(folder, "config.yaml");
  const verbs = { filterVerb: "filter", prioritizeVerb: "prioritize", bindVerb: "bind", weight: 5 };
  const configuration = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    leaderElection: { leaderElect: false },
    extenders: [
      { urlPrefix, ...verbs, nodeCacheCapable: true },
      // Nobody listens there, and nobody need.
      { urlPrefix: "http://127.0.0.1:1/", filterVerb: "filter", ignorable: true },
    ],
  };
  writeFileSync(config, JSON.stringify(configuration));
  scheduler = spawnBuilt(["scheduler", "--kubeconfig", cluster.kubeconfig, "--config", config]);
});

afterAll(async () => {
  scheduler?.child.kill("SIGTERM");
  await scheduler?.exited;
  extender?.closeAllConnections();
  extender?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function create(name: string, labels: Record<string, string>): Promise<void> {
  const pod = { metadata: { name, labels }, spec: { containers: [{ name: "c", image: "nginx" }] } };
  await eventually(async () => expect((await api.post(pods, pod)).status).toBe(201));
}

test.each<{ name: string; labels: Record<string, string>; node: string }>([
  { name: "filtered", labels: { only: "b" }, node: "b" },
  { name: "prioritized", labels: { best: "c" }, node: "c" },
])("a Pod is $name to node $node, and bound there by the extender", async ({ name, labels, node }) => {
  await create(name, labels);
  await eventually(async () => expect((await api.get(`${pods}/${name}`)).body.spec.nodeName).toBe(node));
  expect(bound).toContain(name);
});

test("a Pod is told what the extender says of its nodes", async () => {
  await create("refused", { only: "none" });
  await eventually(async () => {
    const { body } = await api.get(`${pods}/refused`);
    expect(body.status.conditions).toMatchObject([
      { reason: "Unschedulable", message: expect.stringMatching(/^0\/3 nodes are available: 3 kept for others\./) },
    ]);
  });
});

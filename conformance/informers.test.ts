import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, expect, test } from "vitest";
import { startCluster } from "../testing/start-cluster.ts";
import { clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient } from "./http.ts";

const WRITERS = 4;
const OBJECTS = 100;
/** Writes of one object: a create, three updates, a delete. */
const UPDATES = 3;

const namespace = `informers-${process.pid}`;
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The official client's informer, and all that it called back, by object. */
async function watchAll(kubeconfig: string) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const selector = "made=here";
  const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: selector });
  const informer = makeInformer<V1ConfigMap>(config, configMaps, list, selector);
  const calls = new Map<string, string[]>();
  for (const verb of ["add", "update", "delete"] as const) {
    informer.on(verb, ({ metadata, data }) => {
      const name = metadata?.name ?? "";
      calls.set(name, [...(calls.get(name) ?? []), `${verb} ${data?.step}`]);
    });
  }
  // As its documentation says: an informer that ended with an error is started again.
  let stopped = false;
  informer.on("error", () => {
    setTimeout(() => !stopped && void informer.start().catch(() => {}), 100);
  });
  await informer.start();
  const stop = () => {
    stopped = true;
    return informer.stop();
  };
  return { calls, informer, stop };
}

const made = (name: string, step: number) => ({
  metadata: { name, labels: { made: "here" } },
  data: { step: `${step}` },
});

test("an informer is called once for each write under load, in order", async () => {
  const cluster = await clusterUnderTest({ nodes: 0, scheduler: false });
  try {
    const api = await HttpClient.open(cluster.kubeconfig);
    await api.post("/api/v1/namespaces", { metadata: { name: namespace } });
    const { calls, stop } = await watchAll(cluster.kubeconfig);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; n < OBJECTS; n++) {
          const path = `${configMaps}/w${writer}-${n}`;
          const codes = [(await api.post(configMaps, made(`w${writer}-${n}`, 0))).status];
          for (let step = 1; step <= UPDATES; step++)
            codes.push((await api.patch(path, { data: { step: `${step}` } })).status);
          codes.push((await api.delete(path)).status);
          expect(codes).toEqual([201, ...Array(UPDATES + 1).fill(200)]);
        }
      }),
    );
    const whole = ["add 0", "update 1", "update 2", "update 3", "delete 3"];
    await eventually(() => {
      expect(calls.size).toBe(WRITERS * OBJECTS);
      expect([...calls].filter(([, seen]) => seen.join() !== whole.join())).toEqual([]);
    });
    await stop();
    await api.delete(`/api/v1/namespaces/${namespace}`);
  } finally {
    await cluster.stop();
  }
});

test("after a restart objects, revisions and an informer carry on", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "inkube-informers-"));
  folders.push(dataDir);
  const options = { dataDir, storage: `sqlite:${join(dataDir, "test.db")}`, nodes: 0, scheduler: false };
  let cluster = await startCluster(options);
  try {
    const before = await HttpClient.open(cluster.kubeconfig);
    await before.post("/api/v1/namespaces", { metadata: { name: namespace } });
    const { calls, informer, stop } = await watchAll(cluster.kubeconfig);
    for (const name of ["kept", "changed", "deleted"])
      expect((await before.post(configMaps, made(name, 0))).status).toBe(201);
    await eventually(() => expect(calls.size).toBe(3));
    const { body: kept } = await before.get(`${configMaps}/kept`);

    await cluster.stop();
    cluster = await startCluster({ ...options, port: Number(new URL(cluster.server).port) });
    const after = await HttpClient.open(cluster.kubeconfig);
    expect((await after.get(`${configMaps}/kept`)).body).toEqual(kept);
    // A watch from a revision of before the restart sees all since.
    const watch = await after.watch(
      `${configMaps}?watch=1&labelSelector=made%3Dhere&resourceVersion=${kept.metadata.resourceVersion}`,
    );
    const { body: changed } = await after.patch(`${configMaps}/changed`, { data: { step: "1" } });
    expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(kept.metadata.resourceVersion));
    await after.delete(`${configMaps}/deleted`);
    await after.post(configMaps, made("new", 0));
    const events = await watch.until(({ object }) => object.metadata.name === "new");
    watch.close();
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED changed",
      "ADDED deleted",
      "MODIFIED changed",
      "DELETED deleted",
      "ADDED new",
    ]);
    await eventually(() => {
      const names = informer.list().map(({ metadata }) => metadata?.name);
      expect(names.sort()).toEqual(["changed", "kept", "new"]);
      expect(calls.get("kept")).toEqual(["add 0"]);
      expect(calls.get("changed")).toEqual(["add 0", "update 1"]);
      expect(calls.get("deleted")).toEqual(["add 0", "delete 0"]);
    });
    await stop();
  } finally {
    await cluster.stop();
  }
});

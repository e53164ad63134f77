import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { built, type Running, upBuilt } from "../cli/run-built.ts";
import { supervise } from "../cli/supervisor.ts";
import { startCluster } from "../testing/start-cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient } from "./http.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const started: Running[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const { child, exited } of started.splice(0)) {
    child.kill("SIGKILL");
    await exited;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "inkube-crash-"));
  folders.push(folder);
  return folder;
}

async function up(dataDir: string, ...args: string[]) {
  const running = await upBuilt(["--data-dir", dataDir, "--port", "0", ...args]);
  started.push(running);
  return running;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("kill -9 under load loses no acknowledged write, and watches go on from before it", async () => {
  const dataDir = newFolder();
  const first = await up(dataDir, "--nodes", "0");
  const before = await HttpClient.open(first.ready.kubeconfig);
  const { status, body: start } = await before.post(configMaps, { metadata: { name: "start" } });
  expect(status).toBe(201);
  const acknowledged = new Map<string, string>();
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; ; n++) {
      const name = `w${writer}-${n}`;
      const answer = await before.post(configMaps, { metadata: { name, labels: { load: "yes" } } });
      expect(answer.status).toBe(201);
      acknowledged.set(name, answer.body.metadata.resourceVersion);
    }
  });
  const broken = Promise.allSettled(writers);
  // A writer that stops before the server does is what there is to tell, and what it stopped by is why.
  await Promise.race([eventually(() => expect(acknowledged.size).toBeGreaterThan(200)), ...writers]);
  first.child.kill("SIGKILL");
  expect(await first.exited).toBe("SIGKILL");
  for (const result of await broken) {
    // Each ended by its connection, none by a wrong answer.
    expect(result).toMatchObject({ reason: { code: expect.stringMatching(/^(ECONN|EPIPE)/) } });
  }

  const second = await up(dataDir, "--nodes", "0");
  const after = await HttpClient.open(second.ready.kubeconfig);
  const { body: list } = await after.get(`${configMaps}?labelSelector=load%3Dyes`);
  const found = new Map<string, string>();
  for (const { metadata } of list.items) found.set(metadata.name, metadata.resourceVersion);
  expect([...acknowledged].filter(([name, version]) => found.get(name) !== version)).toEqual([]);

  const { body: end } = await after.post(configMaps, { metadata: { name: "end" } });
  expect(Number(end.metadata.resourceVersion)).toBeGreaterThan(Math.max(...[...found.values()].map(Number)));
  const watch = await after.watch(`${configMaps}?watch=1&resourceVersion=${start.metadata.resourceVersion}`);
  const events = await watch.until(({ object }) => object.metadata.name === "end");
  watch.close();
  const seen = events.map(({ object }) => object.metadata.name).filter((name) => name.startsWith("w"));
  expect(seen.sort()).toEqual([...found.keys()].sort());
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends a busy cluster within a second, cleanly", async (signal) => {
  const { child, exited, ready } = await up(newFolder());
  const api = await HttpClient.open(ready.kubeconfig);
  const watch = await api.watch("/api/v1/pods?watch=1");
  const began = performance.now();
  child.kill(signal);
  expect(await exited).toBe(0);
  expect(performance.now() - began).toBeLessThan(1500); // half a second for a busy machine
  watch.close();
  expect(isAlive(ready.pid)).toBe(false);
});

test.each(["the parent is killed", "it is told to, while the parent holds it"])(
  "a held cluster ends when %s",
  async (how) => {
    const dataDir = newFolder();
    const args = ["up", "-o", "json", "--port", "0", "--nodes", "1", "--data-dir", dataDir];
    // As the launcher does: the child's fd 3 is a pipe of which the parent holds the other end.
    const parentScript = `
    const { spawn } = require("node:child_process");
    spawn(process.execPath, ${JSON.stringify([built, ...args])}, {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
      env: { ...process.env, INKUBE_PARENT_FD: "3" },
    });
    setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["-e", parentScript], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    parent.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await eventually(() => expect(output).toContain("\n"));
    const { pid } = JSON.parse(output);
    expect(isAlive(pid)).toBe(true);
    if (how === "the parent is killed") parent.kill("SIGKILL");
    else process.kill(pid, "SIGTERM");
    await eventually(() => expect(isAlive(pid)).toBe(false), 5000);
    parent.kill("SIGKILL");
  },
);

test("a component that crashes is started again, and the cluster converges", async () => {
  await using cluster = await startCluster({ controllers: [], nodes: 1 });
  const api = await HttpClient.open(cluster.kubeconfig);
  const labels = { app: "late" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx" }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  const deployments = "/apis/apps/v1/namespaces/default/deployments";
  expect((await api.post(deployments, { metadata: { name: "late" }, spec })).status).toBe(201);
  // Without its kubeconfig it crashes at each start.
  const kubeconfig = join(newFolder(), "kubeconfig");
  const notes: string[] = [];
  const options = { kubeconfig, controllers: ["*"], leaderElect: false, settings: {} };
  const component = supervise([{ name: "controllers", logLevel: "error", options }], (note) => notes.push(note));
  try {
    await eventually(() => expect(notes.length).toBeGreaterThan(1));
    expect(notes[0]).toMatch(/^controllers stopped: .*ENOENT[\s\S]*; starting it again in 500 ms$/);
    expect(notes[1]).toMatch(/; starting it again in 1000 ms$/);
    copyFileSync(cluster.kubeconfig, kubeconfig);
    await component.ready;
    await eventually(async () => {
      expect((await api.get(`${deployments}/late`)).body.status).toMatchObject({
        readyReplicas: 2,
        updatedReplicas: 2,
      });
    }, 30_000);
  } finally {
    await component.stop();
  }
});

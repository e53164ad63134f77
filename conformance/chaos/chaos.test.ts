/**
 * Components are killed while workloads change; at the end all is as it was last asked for. The short version is part
 * of every test run; `npm run chaos` is five minutes of it. CHAOS_SEED repeats a run as far as processes let it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { HttpClient, type Json } from "../http.ts";
import { startComponents, type Victim } from "./components.ts";
import { problems } from "./converged.ts";
import { between, pick, seededRandom } from "./seeded-random.ts";
import { keyOf, WatchedObjects } from "./watched-objects.ts";
import { NAMESPACE, Workloads } from "./workloads.ts";

const seconds = Number(process.env.CHAOS_SECONDS ?? 20);
const seed = Number(process.env.CHAOS_SEED ?? 1);
/** Of controllers and scheduler. Who takes over waits until a Lease has run out, for which a short run has no time. */
const copies = Number(process.env.CHAOS_COPIES ?? 1);
const SETTLE_MS = copies > 1 ? 120_000 : 60_000;

const WATCHED = [
  "/api/v1/pods",
  "/apis/apps/v1/replicasets",
  "/apis/apps/v1/deployments",
  "/apis/apps/v1/statefulsets",
  "/apis/batch/v1/jobs",
  "/apis/discovery.k8s.io/v1/endpointslices",
];

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test(
  `${seconds} s of kill -9 leave nothing undone, doubled or lost (seed ${seed})`,
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "inkube-chaos-"));
    const components = await startComponents(dataDir, copies);
    const api = await HttpClient.open(components.kubeconfig);
    const watches: WatchedObjects[] = [];
    try {
      const created = await api.post("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
      expect(created.status).toBe(201);
      for (const path of WATCHED) watches.push(await WatchedObjects.open(components.kubeconfig, path));
      const workloads = new Workloads(api, seededRandom(seed));
      const end = performance.now() + seconds * 1000;
      const kills = killAtRandom(components.victims, seededRandom(seed + 1), end);
      const pause = seededRandom(seed + 2);
      while (performance.now() < end) {
        await workloads.change();
        await sleep(between(pause, 50, 500));
      }
      const killed = await kills;
      console.log(`${killed.length} kills: ${killed.join(", ")}\n${workloads.changes.length} changes`);
      expect(killed.length).toBeGreaterThan(seconds / 5);

      let left = ["never looked"];
      await eventually(async () => {
        left = await problems(api, workloads.wanted);
        expect(left).toEqual([]);
      }, SETTLE_MS).catch(async (error: unknown) => {
        const events = (await api.get(`/api/v1/namespaces/${NAMESPACE}/events`)).body.items.slice(-30);
        const told = events.map(
          (event: Json) => `${event.lastTimestamp} ${event.involvedObject.name} ${event.message}`,
        );
        const words = components.victims.map((victim) => victim.lastWords());
        console.log([...workloads.changes, ...told, ...words].join("\n"));
        throw error;
      });

      const crashes = components.victims.flatMap((victim) => victim.crashes);
      // Who has lost the lead because the server was away has to begin anew.
      expect(crashes.filter((text) => copies === 1 || !text.includes("lost the lead"))).toEqual([]);
      for (const [index, watch] of watches.entries()) {
        const path = WATCHED[index] ?? "";
        expect(watch.wrong).toEqual([]);
        expect(watch.reconnections).toBeGreaterThan(0);
        await eventually(async () => {
          const { body } = await api.get(path);
          const versions = (items: Iterable<{ metadata: { resourceVersion: string } }>) =>
            [...items].map((item) => `${keyOf(item)} ${item.metadata.resourceVersion}`).sort();
          expect(versions(watch.objects.values())).toEqual(versions(body.items));
        });
      }
    } finally {
      for (const watch of watches) watch.stop();
      await components.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  (seconds + 60) * 1000 + SETTLE_MS,
);

/** Kills one after the other, the server as often as any other, and starts each again after a while. */
async function killAtRandom(victims: readonly Victim[], random: () => number, end: number): Promise<string[]> {
  const killed: string[] = [];
  const restarts: Promise<void>[] = [];
  // The first seconds belong to the start.
  await sleep(2000);
  const down = new Set<Victim>();
  for (let first = true; performance.now() < end; first = false) {
    // Watches must have something to go on from.
    const victim = first ? victims[0]! : pick(random, victims);
    if (!down.has(victim)) {
      killed.push(victim.name);
      down.add(victim);
      await victim.kill();
      const pause = between(random, 0, 1500);
      restarts.push(
        sleep(pause).then(() => {
          victim.start();
          down.delete(victim);
        }),
      );
    }
    await sleep(between(random, 200, 2000));
  }
  await Promise.all(restarts);
  return killed;
}

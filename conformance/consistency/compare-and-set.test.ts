import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startCluster } from "../../testing/start-cluster.ts";
import { seededRandom } from "../chaos/seeded-random.ts";
import { HttpClient } from "../http.ts";
import { notLinearizable, openRegisters, readAndSwap } from "./registers.ts";

const collection = "/api/v1/namespaces/default/configmaps";
const folder = mkdtempSync(join(tmpdir(), "inkube-registers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["memory:", `sqlite:${join(folder, "inkube.db")}`])(
  "concurrent compare-and-set in %s is linearizable",
  async (storage) => {
    await using cluster = await startCluster({ controllers: [], scheduler: false, nodes: 0, storage });
    const api = await HttpClient.open(cluster.kubeconfig);
    const names = ["register-0", "register-1"];
    for (const name of names) await api.post(collection, { metadata: { name }, data: { value: "first" } });
    const registers = await openRegisters(api, collection, names);
    let swapped = 0;
    await Promise.all(
      Array.from({ length: 10 }, async (_, client) => {
        const random = seededRandom(client);
        for (let n = 0; n < 40; n++) {
          if (await readAndSwap(api, collection, registers, { random, next: `${client}-${n}` })) swapped++;
        }
      }),
    );
    const refused = 400 - swapped;
    expect(Math.min(swapped, refused)).toBeGreaterThan(20); // else nothing was contended
    expect(notLinearizable(registers)).toEqual([]);
  },
);

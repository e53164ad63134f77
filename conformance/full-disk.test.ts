/** A server on a disk that fills up, gets room again, and may not be written to. Needs to be allowed to mount. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { upBuilt } from "../cli/run-built.ts";
import { HttpClient } from "./http.ts";

const collection = "/api/v1/namespaces/default/configmaps";
const disk = mkdtempSync(join(tmpdir(), "inkube-disk-"));
const dataDir = join(disk, "data");
const mount = (...options: string[]) => execFileSync("mount", [...options, disk], { stdio: "pipe" });
let running: Awaited<ReturnType<typeof upBuilt>> | undefined;

const canMount = (() => {
  try {
    mount("-t", "tmpfs", "-o", "size=6m", "tmpfs");
    return true;
  } catch {
    return false;
  }
})();

async function start(): Promise<HttpClient> {
  running = await upBuilt(["--nodes", "0", "--data-dir", dataDir, "--port", "0"]);
  return HttpClient.open(running.ready.kubeconfig);
}

async function end(): Promise<void> {
  running?.child.kill("SIGKILL");
  await running?.exited;
  running = undefined;
}

afterAll(async () => {
  await end();
  if (canMount) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

test.skipIf(!canMount)(
  "a full disk refuses writes by name, loses none that was acknowledged, and is written to again when there is room",
  async () => {
    let api = await start();
    const data = { value: "x".repeat(100_000) };
    const kept: string[] = [];
    let refused: Awaited<ReturnType<HttpClient["post"]>> | undefined;
    for (let n = 0; n < 200 && !refused; n++) {
      const answer = await api.post(collection, { metadata: { name: `n${n}` }, data });
      if (answer.status === 201) kept.push(`n${n}`);
      else refused = answer;
    }
    expect(refused).toMatchObject({ status: 500, body: { reason: "InternalError" } });
    expect(refused?.body.message).toContain("database or disk is full");
    // What was there is read as before.
    expect((await api.get("/readyz")).status).toBe(200);
    expect((await api.get(`${collection}/${kept[0]}`)).body.data).toEqual(data);
    mount("-o", "remount,size=60m");
    expect((await api.post(collection, { metadata: { name: "later" }, data })).status).toBe(201);
    await end(); // by kill -9
    api = await start();
    const { items } = (await api.get(collection)).body;
    const names = items.map((item: { metadata: { name: string } }) => item.metadata.name);
    expect(names).toEqual(expect.arrayContaining([...kept, "later"]));
    expect(names.filter((name: string) => /^n\d+$/.test(name))).toHaveLength(kept.length);
    await end();
    mount("-o", "remount,ro");
    await expect(start()).rejects.toThrow(/read-only file system|EROFS/);
    mount("-o", "remount,rw");
    api = await start();
    expect((await api.get(`${collection}/later`)).status).toBe(200);
  },
  120_000,
);

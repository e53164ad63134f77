import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runBuilt } from "./run-built.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-cli-"));
const dataDir = join(folder, "data");
afterAll(async () => {
  await runBuilt(["down", "--data-dir", dataDir]);
  rmSync(folder, { recursive: true, force: true });
});

describe("wrong usage answers 2 and says what is wrong", () => {
  test.each([
    { args: ["nonsense"], says: "error: unknown command 'nonsense'" },
    { args: ["upp"], says: "(Did you mean up?)" },
    { args: ["up", "--nonsense"], says: "error: unknown option '--nonsense'" },
    { args: ["up", "--nodes", "many"], says: "argument 'many' is invalid. must be a whole number from 0 to 5000." },
    { args: ["up", "--nodes", "-1"], says: "must be a whole number from 0 to 5000." },
    { args: ["up", "--port", "65536"], says: "must be a whole number from 0 to 65535." },
    { args: ["up", "--storage", "etcd:2379"], says: "must be sqlite:PATH or memory:." },
    { args: ["up", "--durability", "some"], says: "Allowed choices are full, relaxed." },
    { args: ["up", "-v", "loud"], says: "Allowed choices are error, warn, info, debug, trace." },
    { args: ["up", "-o", "yaml"], says: "Allowed choices are text, json." },
    { args: ["up", "extra"], says: "error: too many arguments for 'up'" },
    { args: ["scheduler"], says: "value '' from env 'KUBECONFIG' is invalid. must name a file." },
    { args: ["version", "-o", "yaml"], says: "Allowed choices are text, json." },
  ])("inkube $args", async ({ args, says }) => {
    const { exit, stdout, stderr } = await runBuilt(args, { KUBECONFIG: "" });
    expect(stderr).toContain(says);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
  });
});

test("version prints one line of JSON", async () => {
  const { exit, stdout } = await runBuilt(["version", "-o", "json"]);
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    inkube: expect.stringMatching(/^\d+\.\d+\.\d+/),
    kubernetes: expect.stringMatching(/^v1\.36\./),
    node: process.version,
  });
});

test("without a cluster, status answers 1, down 0 and what needs one 1", async () => {
  const none = ["--data-dir", join(folder, "none")];
  expect(await runBuilt(["status", "-o", "json", ...none])).toMatchObject({ exit: 1, stdout: '{"running":false}\n' });
  expect(await runBuilt(["down", ...none])).toMatchObject({ exit: 0, stderr: "inkube: nothing is running\n" });
  const kubeconfig = await runBuilt(["kubeconfig", ...none]);
  expect(kubeconfig).toMatchObject({ exit: 1, stdout: "" });
  expect(kubeconfig.stderr).toContain("start one with: inkube up -d");
});

test("a detached cluster is seen, used and stopped by the other commands", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  // The cast: a server that listens on TCP has such an address.
  const { port } = blocker.address() as { port: number };
  try {
    const up = await runBuilt(["up", "-d", "-o", "json", "--nodes", "0", "--port", `${port}`, "--data-dir", dataDir]);
    expect(up.exit, up.stderr).toBe(0);
    const ready = JSON.parse(up.stdout);
    expect(Number(new URL(ready.server).port)).toBeGreaterThan(port);
    expect(readFileSync(join(dataDir, "inkube.log"), "utf8")).toContain(`port ${port} is taken, using ${port + 1}`);
    const status = await runBuilt(["status", "-o", "json", "--data-dir", dataDir]);
    expect(status.exit).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ running: true, pid: ready.pid, server: ready.server });

    const again = await runBuilt(["up", "--data-dir", dataDir]);
    expect(again).toMatchObject({ exit: 1, stdout: "" });
    expect(again.stderr).toContain("a cluster runs already from");

    const mine = join(folder, "config");
    const old = { apiVersion: "v1", kind: "Config", clusters: [{ name: "prod", cluster: { server: "https://prod" } }] };
    writeFileSync(mine, JSON.stringify(old));
    const merge = await runBuilt(["kubeconfig", "--merge", "--data-dir", dataDir], { KUBECONFIG: mine });
    expect(merge.exit, merge.stderr).toBe(0);
    const merged = parse(readFileSync(mine, "utf8"));
    expect(merged.clusters.map(({ name }: { name: string }) => name)).toEqual(["prod", "inkube"]);
    expect(merged.clusters[1].cluster.server).toBe(ready.server);

    const script = "const { env } = process; console.log(env.KUBECONFIG, env.INKUBE_PARENT_FD); process.exit(7)";
    const args = ["exec", "--data-dir", dataDir, "--", process.execPath, "-e", script];
    // Its parent's descriptor is not its children's: what has that number in them is something else.
    const exec = await runBuilt(args, { INKUBE_PARENT_FD: "3" });
    expect(exec).toMatchObject({ exit: 7, stdout: `${ready.kubeconfig} undefined\n` });

    expect(await runBuilt(["down", "--data-dir", dataDir])).toMatchObject({ exit: 0, stderr: "inkube: stopped\n" });
    expect((await runBuilt(["status", "--data-dir", dataDir])).exit).toBe(1);
  } finally {
    await new Promise((resolve) => blocker.close(resolve));
  }
});

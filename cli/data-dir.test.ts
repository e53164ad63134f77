import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isAlive, openDataDir } from "./data-dir.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-data-dir-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the data folder is made for its owner only, and named when it cannot be", () => {
  const path = join(folder, "a", "b");
  expect(openDataDir(path)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, "file"), "");
  const below = join(folder, "file", "data");
  expect(() => openDataDir(below)).toThrow(`the data folder ${below} cannot be made: `);
  expect(() => openDataDir("")).toThrow("the data folder has no name");
});

test.runIf(process.platform === "linux")(
  "a process that has ended is not alive, though nobody has asked how",
  async () => {
    // What it becomes does not know of the child that the shell had.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow(); // a zombie it is
    parent.kill("SIGKILL");
  },
);

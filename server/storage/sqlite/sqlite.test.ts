import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crashRounds } from "../crash.ts";
import { type OpenStorageOptions, openStorage } from "../open.ts";
import type { Storage } from "../storage.ts";

let directory: string;
let path: string;
let storage: Storage | undefined;
const open = async (options: Partial<OpenStorageOptions> = {}) => {
  storage = await openStorage(`sqlite:${path}`, { durability: "relaxed", ...options });
  return storage;
};
const encode = (content: string) => () => Buffer.from(content);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "inkube-sqlite-"));
  path = join(directory, "data", "state.db");
});
afterEach(async () => {
  await storage?.stop();
  storage = undefined;
  await rm(directory, { recursive: true });
});

test("kill -9 while writing loses no acknowledged write", async () => {
  const report = await crashRounds({ url: `sqlite:${path}`, rounds: 4, random: () => randomInt(1000) / 1000 });
  expect(report.acknowledged).toBeGreaterThan(100);
});

test("data files are for their owner only", async () => {
  await (await open()).put("/a", encode("x"), 0);
  for (const file of readdirSync(join(directory, "data"))) {
    expect(statSync(join(directory, "data", file)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
});

describe("opening fails clearly", () => {
  test("when another process has the data open, and works once that is killed", async () => {
    const writer = fileURLToPath(new URL("../crash-writer.ts", import.meta.url));
    const file = openSync(join(directory, "acknowledged"), "w");
    const child = spawn(process.execPath, [writer, `sqlite:${path}`], { stdio: ["pipe", file, "inherit"] });
    closeSync(file);
    await expect.poll(() => statSync(join(directory, "acknowledged")).size).toBeGreaterThan(0);
    await expect(open()).rejects.toThrow(`${path} is in use by another process`);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect((await open()).revision).toBeGreaterThan(1);
  });

  test("when this process has it open", async () => {
    await open();
    await expect(openStorage(`sqlite:${path}`, { durability: "relaxed" })).rejects.toThrow("is in use");
  });

  test("when the file is something else", async () => {
    await (await open()).stop();
    writeFileSync(path, "not a database, but long enough to be looked at ".repeat(100));
    await expect(open()).rejects.toThrow(`${path} is not a database`);
  });

  test.each([
    { url: "etcd:localhost:2379", message: "storage in etcd is not supported yet" },
    { url: "sqlite:", message: "needs the path" },
    { url: "mysql:x", message: 'unknown storage "mysql:x"' },
  ])("when the URL is $url", async ({ url, message }) => {
    await expect(openStorage(url, { durability: "full" })).rejects.toThrow(message);
  });
});

test("commits that were sent before one was known to fail fail too, and the next one is taken", async () => {
  const errors: unknown[] = [];
  const full = await open({ durability: "full", quotaBytes: 100_000, onError: (error) => errors.push(error) });
  // All in one turn: many groups are under way when the first cannot be written.
  const large = () => Buffer.alloc(4000, "x");
  const settled = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => full.put(`/k/${n}`, large, 0)));
  const failed = settled.findIndex(({ status }) => status === "rejected");
  expect(failed).toBeGreaterThanOrEqual(0);
  expect(settled.slice(failed).filter(({ status }) => status === "fulfilled")).toEqual([]);
  expect([full.count("/k/"), full.revision]).toEqual([failed, failed + 1]);
  expect((await full.put("/small", encode("x"), 0))?.revision).toBe(failed + 2);
  await full.stop();
  const again = await open();
  expect([again.count("/k/"), again.revision]).toEqual([failed, failed + 2]);
});

test("when the disk is full writes fail, reads go on, and writes go on when there is room", async () => {
  const errors: unknown[] = [];
  const full = await open({ quotaBytes: 200_000, onError: (error) => errors.push(error) });
  let written = 0;
  const fill = async () => {
    for (; ; written++) await full.put(`/big/${written}`, encode("x".repeat(10_000)), 0);
  };
  await expect(fill()).rejects.toMatchObject({
    code: 500,
    message: expect.stringContaining("database or disk is full"),
  });
  expect(errors).toHaveLength(1);
  expect(written).toBeGreaterThan(5);
  expect([full.count("/big/"), full.revision]).toEqual([written, written + 1]);
  await full.stop();
  const reopened = await open();
  expect([reopened.count("/big/"), reopened.revision]).toEqual([written, written + 1]);
  expect(await reopened.put("/big/more", encode("x"), 0)).toMatchObject({ revision: written + 2 });
});

test("compaction gives space back to the file system", async () => {
  const storage = await open();
  let revision = 0;
  for (let n = 0; n < 100; n++) {
    const writes = Array.from({ length: 20 }, (_, i) => storage.put(`/k/${n}-${i}`, encode("x".repeat(10_000)), 0));
    for (const change of await Promise.all(writes)) revision = change!.revision;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        storage.delete(`/k/${n}-${i}`, encode("x"), storage.peek(`/k/${n}-${i}`)!.revision),
      ),
    );
  }
  expect(revision).toBeLessThan(storage.revision);
  await storage.stop();
  const before = statSync(path).size;
  const again = await open();
  await again.compact(again.revision);
  // Space goes back bit by bit, between writes.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await again.stop();
  expect(before).toBeGreaterThan(15_000_000);
  expect(statSync(path).size).toBeLessThan(6_000_000);
  expect((await open()).count("")).toBe(0);
});

test("a transformer changes what is on disk, and memory never sees it", async () => {
  const flip = (key: string, value: Uint8Array) =>
    key.startsWith("/secrets/") ? value.map((byte) => byte ^ 0x55) : value;
  const fromFlipped = (key: string, value: Uint8Array) => ({ value: flip(key, value), isStale: false });
  const transformer = { toDisk: flip, fromDisk: fromFlipped };
  const first = await open({ transformer });
  const written = await first.put("/secrets/a", encode("hidden-one"), 0);
  await first.put("/secrets/a", encode("hidden-two"), written!.revision);
  await first.put("/plain/a", encode("visible-one"), 0);
  await first.stop();
  const file = readFileSync(path).toString("latin1");
  expect([file.includes("visible-one"), file.includes("hidden-")]).toEqual([true, false]);
  const second = await open({ transformer });
  expect(Buffer.from(second.peek("/secrets/a")!.value).toString()).toBe("hidden-two");
  const old = await second.get("/secrets/a", written!.revision);
  expect(Buffer.from(old!.value).toString()).toBe("hidden-one");
  await second.stop();
  const fromDisk = () => {
    throw new Error("no such encryption key");
  };
  const unreadable = openStorage(`sqlite:${path}`, { durability: "relaxed", transformer: { toDisk: flip, fromDisk } });
  await expect(unreadable).rejects.toThrow(
    "the stored bytes of /plain/a cannot be read: Error: no such encryption key",
  );
});

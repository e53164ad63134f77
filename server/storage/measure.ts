// Figures of docs/storage.md: node server/storage/measure.ts [full|relaxed]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStorage } from "./open.ts";
import type { Storage } from "./storage.ts";

const durability = process.argv[2] === "relaxed" ? "relaxed" : "full";
const writers = 32;
const body = Buffer.alloc(1024, "x");

/** A fresh 1 KB value, as the registry makes one for each write. */
function encode(revision: number): Uint8Array {
  const value = Buffer.allocUnsafeSlow(body.length);
  body.copy(value);
  value.write(String(revision));
  return value;
}

function print(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(44)} ${figure.toPrecision(3).padStart(10)} ${unit}`);
}

/** Creates objects from many writers at once. @returns seconds, and the API thread's CPU in milliseconds. */
async function create(storage: Storage, prefix: string, count: number): Promise<{ seconds: number; cpu: number }> {
  let next = 0;
  const writer = async () => {
    // Names in no order, as generated names are.
    while (next < count) await storage.put(`${prefix}${String((next++ * 7919) % 1000003).padStart(7, "0")}`, encode, 0);
  };
  const start = performance.now();
  const cpuStart = process.threadCpuUsage();
  await Promise.all(Array.from({ length: writers }, writer));
  const { user, system } = process.threadCpuUsage(cpuStart);
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1000 };
}

async function milliseconds(times: number, run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < times; n++) await run();
  return (performance.now() - start) / times;
}

async function measure(url: string): Promise<void> {
  console.log(`\n${url.split(":")[0]}, durability ${durability}, ${writers} writers, values of 1 KB`);
  let storage = await openStorage(url, { durability });
  await create(storage, "/registry/configmaps/default/", 10_000);
  await storage.stop();
  print("open", await milliseconds(1, async () => (storage = await openStorage(url, { durability }))), "ms");
  print("  objects loaded", storage.count("/"), "");

  const count = 60_000;
  const { seconds, cpu } = await create(storage, "/registry/secrets/default/", count);
  print("creates a second", count / seconds, "");
  print("  CPU of the API thread, each", cpu / count, "ms");

  const list = (atRevision: number) => () => storage.list("/registry/secrets/", { limit: 5000, atRevision });
  const { revision } = storage;
  print("list of 5,000, newest", await milliseconds(20, list(0)), "ms");
  await create(storage, "/registry/secrets/later/", 1000);
  print("list of 5,000, 1,000 changes ago", await milliseconds(20, list(revision)), "ms");

  let sent = 0;
  const watcher = { send: () => ++sent > 0, end: () => undefined };
  for (let n = 0; n < 100; n++) storage.watch("/registry/pods/", 0, watcher);
  for (let n = 0; n < 1000; n++) storage.watch("/registry/nodes/", 0, watcher);
  const fanout = await create(storage, "/registry/pods/default/", 10_000);
  print("changes given to 100 watchers, a second", sent / fanout.seconds, "");
  print("  CPU of the API thread, each", (fanout.cpu / sent) * 1000, "µs");
  await storage.stop();
}

const directory = mkdtempSync(join(tmpdir(), "inkube-measure-"));
try {
  await measure("memory:");
  await measure(`sqlite:${join(directory, "state.db")}`);
} finally {
  rmSync(directory, { recursive: true });
}

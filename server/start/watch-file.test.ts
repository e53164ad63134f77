import {
  type FSWatcher,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { watchFile } from "./watch-file.ts";

const folder = mkdtempSync(join(tmpdir(), "watch-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "config");

let timers: { milliseconds: number; run: () => void; cancelled: boolean }[];
let seen: string[];
let errors: unknown[];
let again: number | undefined;
let whileChanging: Promise<void> | undefined;
/** Hears what the one that is tested has just heard. */
let heard: FSWatcher;
let stop: () => void;
const clock = {
  now: () => 0,
  after(milliseconds: number, run: () => void) {
    const timer = { milliseconds, run, cancelled: false };
    timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  },
};
/** Runs what waits, as soon as a change has been heard of. */
async function settle(): Promise<void> {
  await expect.poll(() => timers.some(({ milliseconds, cancelled }) => milliseconds === 100 && !cancelled)).toBe(true);
  timers.findLast(({ cancelled }) => !cancelled)!.run();
}
beforeEach(() => {
  timers = [];
  seen = [];
  errors = [];
  again = undefined;
  whileChanging = undefined;
  writeFileSync(path, "one");
  stop = watchFile(path, {
    clock,
    text: "one",
    async onChange(text) {
      seen.push(text);
      await whileChanging;
      return again;
    },
    onError: (error) => errors.push(error),
  });
});
beforeEach(() => {
  heard = watch(folder);
});
afterEach(() => {
  stop();
  heard.close();
});

test.each<[string, () => void]>([
  ["written", () => writeFileSync(path, "two")],
  ["replaced", () => renameSync(written("next", "two"), path)],
  ["a link that is turned", () => turn(written("..data", "two"))],
])("a file that is %s is read again", async (_, change) => {
  change();
  await settle();
  await expect.poll(() => seen).toEqual(["two"]);
  expect(timers.at(-1)!.milliseconds).toBe(60_000);
});

test("nothing is said of a file that holds what it held, and each minute it is looked at anyway", async () => {
  timers[0]!.run();
  await expect.poll(() => timers.length).toBe(2);
  expect([seen, timers.map(({ milliseconds }) => milliseconds)]).toEqual([[], [60_000, 60_000]]);
});

test("what it holds is said again as long as it is asked for, and in a minute at the latest", async () => {
  again = 5;
  writeFileSync(path, "two");
  await settle();
  await expect.poll(() => timers.at(-1)?.milliseconds).toBe(5);
  again = 1_000_000;
  timers.at(-1)!.run();
  await expect.poll(() => timers.at(-1)?.milliseconds).toBe(60_000);
  again = undefined;
  timers.at(-1)!.run();
  await expect.poll(() => seen).toEqual(["two", "two", "two"]);
  timers.at(-1)!.run();
  expect(seen).toHaveLength(3);
});

test("a change is not missed that comes while the one before is put into effect", async () => {
  let effect = () => {};
  whileChanging = new Promise((resolve) => {
    effect = resolve;
  });
  writeFileSync(path, "two");
  await settle();
  await expect.poll(() => seen).toEqual(["two"]);
  const before = timers.length;
  writeFileSync(path, "three");
  await new Promise<void>((resolve) => heard.once("change", () => resolve()));
  expect(timers).toHaveLength(before);
  effect();
  await settle();
  await expect.poll(() => seen).toEqual(["two", "three"]);
});

test("a file that is gone is an error, until it is there again", async () => {
  unlinkSync(path);
  await settle();
  await expect.poll(() => errors).toMatchObject([{ code: "ENOENT" }]);
  timers = [];
  writeFileSync(path, "three");
  await settle();
  await expect.poll(() => seen).toEqual(["three"]);
});

function turn(target: string): void {
  unlinkSync(path);
  symlinkSync(target, path);
}

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeAtomically } from "./atomic-writer.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "inkube-volume-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (path: string, text: string, mode = 0o644) => ({ path, data: Buffer.from(text), mode });
const visible = () => readdirSync(folder).filter((name) => !name.startsWith(".."));

test("files are links through ..data, and a new version replaces all of them", () => {
  expect(writeAtomically(folder, [file("a", "1"), file("deep/b", "2", 0o600)], undefined)).toBe(true);
  expect(visible()).toEqual(["a", "deep"]);
  expect(readlinkSync(join(folder, "a"))).toBe("..data/a");
  expect(readFileSync(join(folder, "deep/b"), "utf8")).toBe("2");
  expect(statSync(join(folder, "deep/b")).mode & 0o777).toBe(0o600);
  const version = readlinkSync(join(folder, "..data"));
  expect(writeAtomically(folder, [file("a", "new"), file("c", "3")], undefined)).toBe(true);
  expect(visible()).toEqual(["a", "c"]);
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("new");
  expect(lstatSync(join(folder, version), { throwIfNoEntry: false })).toBeUndefined();
});

test("the same content is not written again", () => {
  writeAtomically(folder, [file("a", "1")], undefined);
  const version = readlinkSync(join(folder, "..data"));
  expect(writeAtomically(folder, [file("a", "1")], undefined)).toBe(false);
  expect(readlinkSync(join(folder, "..data"))).toBe(version);
  expect(writeAtomically(folder, [file("a", "1", 0o600)], undefined)).toBe(true);
});

test.skipIf(process.getuid?.() !== 0)("the Pod's group may read", () => {
  writeAtomically(folder, [file("a", "1", 0o600)], 77);
  expect(statSync(join(folder, "a"))).toMatchObject({ gid: 77, mode: 0o100640 });
});

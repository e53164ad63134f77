import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDataDir } from "./data-dir.ts";

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

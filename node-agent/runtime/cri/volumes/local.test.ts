import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localKind } from "./local.ts";
import { giveToGroup } from "./ownership.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a local volume is a folder or a device", () => {
  writeFileSync(join(folder, "file"), "");
  expect(localKind(folder)).toBe("directory");
  expect(() => localKind(join(folder, "file"))).toThrow("only directory and block device are supported");
  expect(() => localKind(join(folder, "none"))).toThrow(`path "${join(folder, "none")}" does not exist`);
});

test("what is in a volume is its group's, unless the volume is already and that is enough", () => {
  const file = join(folder, "file");
  // Whoever runs this may give files to a group of its own.
  const group = process.getgid?.() ?? 0;
  const modes = () => [folder, file].map((path) => (statSync(path).mode & 0o7777).toString(8));
  writeFileSync(file, "", { mode: 0o600 });
  giveToGroup(folder, group, "OnRootMismatch");
  expect(modes()).toEqual(["2770", "660"]);
  const other = join(folder, "other");
  writeFileSync(other, "", { mode: 0o600 });
  giveToGroup(folder, group, "OnRootMismatch");
  expect(statSync(other).mode & 0o777).toBe(0o600);
  giveToGroup(folder, group, "Always");
  expect(statSync(other).mode & 0o777).toBe(0o660);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rotateLog } from "./rotate.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "inkube-rotate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const limits = { maxBytes: 10, maxFiles: 3 };
const at = (second: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, second));
const write = (text: string) => writeFileSync(join(folder, "0.log"), text);
const rotate = (second: number, reopen = async () => write("")) =>
  rotateLog(join(folder, "0.log"), limits, at(second), reopen);

test("a large log is put aside, older ones are compressed, and the oldest go", async () => {
  write("short");
  expect(await rotate(0)).toBe(false);
  for (const second of [1, 2, 3]) {
    write(`long enough ${second}`);
    expect(await rotate(second)).toBe(true);
  }
  expect(readdirSync(folder).sort()).toEqual(["0.log", "0.log.20260102-030402.gz", "0.log.20260102-030403"]);
  const old = gunzipSync(readFileSync(join(folder, "0.log.20260102-030402.gz")));
  expect(old.toString()).toBe("long enough 2");
});

test("where the writer cannot begin a new log, the old one stays", async () => {
  write("long enough");
  const refuse = () => Promise.reject(new Error("no"));
  await expect(rotate(0, refuse)).rejects.toThrow("no");
  expect(readdirSync(folder)).toEqual(["0.log"]);
});

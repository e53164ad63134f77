import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PullRecords } from "./pull-records.ts";
import type { PullSource } from "./pull-secrets.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "inkube-pulls-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const IMAGE = { id: "sha256:1", names: ["registry/team/web:1"] };
const open = (...present: (typeof IMAGE)[]) => new PullRecords(join(folder, "pulls.json"), present);
const secret = (name: string, hash: string): PullSource => ({ namespace: "ns", name, uid: `uid-${name}`, hash });
const asked = (records: PullRecords, name: string, ...sources: PullSource[]) =>
  records.mustPull(name, IMAGE.id, async () => sources);

test.each<[string, PullSource | undefined, string, PullSource[], boolean]>([
  ["had for nothing is anybody's", undefined, "registry/team/web:1", [], false],
  ["had with a secret is not for Pods without", secret("a", "1"), "registry/team/web:1", [], true],
  ["had with a secret is for Pods with it", secret("a", "1"), "registry/team/web:1", [secret("a", "1")], false],
  [
    "had with a secret is for Pods with the same words",
    secret("a", "1"),
    "registry/team/web:1",
    [secret("b", "1")],
    false,
  ],
  ["had with a secret is for its new words", secret("a", "1"), "registry/team/web:1", [secret("a", "2")], false],
  ["had with a secret is not for others", secret("a", "1"), "registry/team/web:1", [secret("b", "2")], true],
  ["of another tag is the same image", secret("a", "1"), "registry/team/web:2", [secret("a", "1")], false],
  ["of another name has to be asked for", undefined, "registry/other/web:1", [], true],
])("an image %s, also after a restart", async (_what, source, name, sources, mustPull) => {
  const records = open();
  records.begin("registry/team/web:1");
  records.pulled("registry/team/web:1", IMAGE.id, source);
  expect(await asked(records, name, ...sources)).toBe(mustPull);
  expect(await asked(open(IMAGE), name, ...sources)).toBe(mustPull);
});

test("an image that nobody pulled is anybody's", async () => {
  expect(await asked(open(IMAGE), "registry/team/web:1")).toBe(false);
});

test("an image over whose pull the agent ended has to be asked for", async () => {
  open().begin("registry/team/web:1");
  expect(await asked(open(IMAGE), "registry/team/web:1")).toBe(true);
});

test("a pull that failed leaves nothing, nor does an image that is gone", async () => {
  const records = open(IMAGE);
  records.begin("registry/team/web:1");
  records.failed("registry/team/web:1");
  expect(await asked(records, "registry/team/web:1")).toBe(false);
  records.pulled("registry/team/web:1", IMAGE.id, secret("a", "1"));
  records.prune(new Set());
  expect(await asked(records, "registry/team/web:1")).toBe(false);
});

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unmountBelow } from "./mount.ts";
import { bindSubPath, makeSubPath, readBelow } from "./sub-path.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "inkube-sub-path-"));
  mkdirSync(join(home, "volume"));
});
afterEach(() => {
  unmountBelow(home);
  rmSync(home, { recursive: true });
});

const bind = (subPath: string) => {
  makeSubPath(join(home, "volume"), subPath);
  bindSubPath(join(home, "volume"), subPath, join(home, "target"));
};

test.each(["link", "link/deeper", "../outside"])("a sub-path %s that leads out of its volume is refused", (subPath) => {
  mkdirSync(join(home, "outside/deeper"), { recursive: true });
  symlinkSync("../outside", join(home, "volume/link"));
  expect(() => bind(subPath)).toThrow("leads out of its volume");
});

test("a sub-path that is a link to nothing is refused", () => {
  symlinkSync("/not/there", join(home, "volume/link"));
  expect(() => bind("link")).toThrow();
});

test("what is made is as open as its volume, also behind a link inside of it", () => {
  mkdirSync(join(home, "volume/real"), { mode: 0o700 });
  chmodSync(join(home, "volume"), 0o2777);
  symlinkSync("real", join(home, "volume/in"));
  makeSubPath(join(home, "volume"), "in/a/b");
  const modes = ["real", "real/a", "real/a/b"].map((path) => statSync(join(home, "volume", path)).mode & 0o7777);
  expect(modes).toEqual([0o700, 0o2777, 0o2777]);
});

test("a link to nothing on the way is refused, and nothing is made behind it", () => {
  symlinkSync("../outside", join(home, "volume/link"));
  expect(() => makeSubPath(join(home, "volume"), "link/a")).toThrow();
  expect(existsSync(join(home, "outside"))).toBe(false);
});

test("a file is read, but not through a link that leads out of its volume", () => {
  writeFileSync(join(home, "secret"), "theirs");
  writeFileSync(join(home, "volume/file"), "mine");
  symlinkSync("../secret", join(home, "volume/out"));
  symlinkSync("file", join(home, "volume/in"));
  const read = (path: string) => readBelow(join(home, "volume"), path);
  expect(read("file")).toBe("mine");
  expect(read("in")).toBe("mine");
  expect(() => read("out")).toThrow("leads out of its volume");
  expect(() => read("")).toThrow("is no file");
});

/** Mounting takes root and a kernel that lets it. */
describe.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)("as root", () => {
  test("folders are made, and shown at the target", () => {
    bind("a/b");
    writeFileSync(join(home, "volume/a/b/file"), "seen");
    expect(readFileSync(join(home, "target/file"), "utf8")).toBe("seen");
  });

  test("a file may be shown, also through a link inside of its volume", () => {
    writeFileSync(join(home, "volume/real"), "text");
    symlinkSync("real", join(home, "volume/link"));
    bind("link");
    expect(readFileSync(join(home, "target"), "utf8")).toBe("text");
  });
});

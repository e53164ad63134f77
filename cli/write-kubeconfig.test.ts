import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeKubeconfig } from "./write-kubeconfig.ts";

test("a kubeconfig is replaced as a whole, and is its owner's alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "inkube-kubeconfig-"));
  try {
    const path = join(folder, "kubeconfig");
    writeKubeconfig(path, "one");
    const before = statSync(path);
    writeKubeconfig(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    // Another file: whoever was reading the first goes on reading that.
    expect(statSync(path).ino).not.toBe(before.ino);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["kubeconfig"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A project that has installed what `npm pack` makes, with the packages that it depends on and no others. */
const project = mkdtempSync(join(tmpdir(), "inkube-package-"));
const root = join(import.meta.dirname, "..");
const installed = join(project, "node_modules", "inkube");
afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeAll(() => {
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd: root, encoding: "utf8" });
  // `npm test` has built it.
  const [{ filename }] = JSON.parse(npm("pack", "--ignore-scripts", "--json", "--pack-destination", project));
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(project, filename), "--strip-components=1", "-C", installed]);
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
});

const run = (file: string, ...args: string[]) =>
  spawnSync(process.execPath, [file, ...args], { cwd: project, encoding: "utf8" });

describe("the published package", () => {
  test("has a command that a shell can start", () => {
    const { bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const command = join(installed, bin.inkube);
    expect(readFileSync(command, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(run(command, "version")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining("v1.36") });
  });

  test("says that the conformance suite is elsewhere", () => {
    const { status, stderr } = run(join(installed, "dist", "main.js"), "conformance", "--kubeconfig", "x");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "inkube: the conformance suite is not part of the package: run this command in a clone of inkube\n",
    });
  });

  test("starts a cluster in a user's test, with types", () => {
    const program = `
      import { startCluster } from "inkube/testing";
      import { readFileSync } from "node:fs";
      await using cluster = await startCluster({ nodes: 1 });
      console.log(readFileSync(cluster.kubeconfig, "utf8").includes(cluster.server));`;
    writeFileSync(join(project, "test.mjs"), program);
    expect(run(join(project, "test.mjs"))).toMatchObject({ status: 0, stderr: "", stdout: "true\n" });
    const types = readFileSync(join(installed, "dist", "testing.d.ts"), "utf8");
    expect(types).toContain("startCluster(options?: TestClusterOptions): Promise<TestCluster>");
    expect(types).not.toContain("import");
  });
});

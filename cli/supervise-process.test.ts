import { expect, test } from "vitest";
import { superviseProcess } from "./supervise-process.ts";

const run = (script: string) => superviseProcess("node-a", [process.execPath, "-e", script], () => {});

test("a component whose command line is no good is not started again", async () => {
  const node = run(`console.error("error: unknown option '--nonsense'"); process.exit(2)`);
  await expect(node.ready).rejects.toThrow("node-a does not start (2): error: unknown option '--nonsense'");
  await node.stop();
});

test("a component is ready when it says so, and ends when told", async () => {
  const node = run(`console.error("inkube: node running; Ctrl-C stops"); setInterval(() => {}, 1000)`);
  await node.ready;
  await node.stop();
});

import { existsSync } from "node:fs";
import { Command } from "commander";
import { clearRunning, isAlive, nodesFolder, readRunning } from "./data-dir.ts";
import { flags } from "./flags.ts";

/** How long a cluster may take to stop, in ms, and how often to look. */
const LIMIT = 30_000;
const INTERVAL = 20;

export const down = new Command("down")
  .description("stop the cluster that runs from a data folder; its state stays")
  .addOption(flags.dataDir())
  .action(async ({ dataDir }: { dataDir: string }) => {
    const cluster = readRunning(dataDir);
    if (!cluster) {
      // One that was killed has left its containers running.
      if (await removeNodes(dataDir)) return void process.stderr.write("inkube: removed what a killed one left\n");
      process.stderr.write("inkube: nothing is running\n");
      return;
    }
    process.kill(cluster.pid, "SIGTERM");
    const end = performance.now() + LIMIT;
    while (isAlive(cluster.pid)) {
      if (performance.now() > end) throw new Error(`process ${cluster.pid} did not stop within ${LIMIT / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
    clearRunning(dataDir);
    await removeNodes(dataDir);
    process.stderr.write("inkube: stopped\n");
  });

/** @returns whether real nodes had left anything */
async function removeNodes(dataDir: string): Promise<boolean> {
  const folder = nodesFolder(dataDir);
  if (!existsSync(folder)) return false;
  const { removeRealNodes } = await import("../node-agent/start/real-nodes.ts");
  return removeRealNodes(folder);
}

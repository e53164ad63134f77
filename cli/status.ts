import { Command } from "commander";
import { readRunning } from "./data-dir.ts";
import { flags } from "./flags.ts";

export const status = new Command("status")
  .description("say whether a cluster runs from a data folder; exit code 1 when none does")
  .addOption(flags.dataDir())
  .addOption(flags.output())
  .action(({ dataDir, output }: { dataDir: string; output: string }) => {
    const cluster = readRunning(dataDir);
    if (output === "json") console.log(JSON.stringify({ running: cluster !== undefined, ...cluster }));
    else if (cluster) for (const [name, value] of Object.entries(cluster)) console.log(`${name}: ${value}`);
    else console.log("not running");
    if (!cluster) process.exitCode = 1;
  });

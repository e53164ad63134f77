import { spawn } from "node:child_process";
import { Command } from "commander";
import { requireRunning } from "./data-dir.ts";
import { flags } from "./flags.ts";
import { environmentForChildren } from "./lifetime.ts";

/** Runs a command that sees no cluster but ours; its exit code becomes ours. */
function runWith(kubeconfig: string, command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: "inherit",
      env: { ...environmentForChildren(), KUBECONFIG: kubeconfig },
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error(`${command}: not found on PATH`) : error),
    );
    child.on("exit", (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

export const exec = new Command("exec")
  .description("run a command with the cluster's kubeconfig, and no other, in KUBECONFIG")
  .addOption(flags.dataDir())
  .argument("<command...>", "after --, the command and its arguments")
  .passThroughOptions()
  .action(async ([command = "", ...args]: string[], { dataDir }: { dataDir: string }) =>
    runWith(requireRunning(dataDir).kubeconfig, command, args),
  );

export const kubectl = new Command("kubectl")
  .description("run the kubectl on PATH with the cluster's kubeconfig; all that follows is kubectl's")
  .addOption(flags.dataDir())
  .argument("[args...]", "kubectl's own arguments")
  .allowUnknownOption()
  .passThroughOptions()
  .helpOption(false)
  .action(async (args: string[], { dataDir }: { dataDir: string }) =>
    runWith(requireRunning(dataDir).kubeconfig, "kubectl", args),
  );

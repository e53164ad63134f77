import { Command } from "commander";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  leaderElect: boolean;
  verbosity: string;
}

export const scheduler = new Command("scheduler")
  .description("run the scheduler against any API server (kube-scheduler)")
  .addOption(flags.kubeconfigIn())
  .option("--leader-elect", "take part in leader election before acting", false)
  .addOption(flags.verbosity())
  .action(({ kubeconfig, leaderElect, verbosity }: Options) =>
    runComponent({ name: "scheduler", logLevel: verbosity, options: { kubeconfig, leaderElect } }),
  );

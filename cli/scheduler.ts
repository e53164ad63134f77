import { Command } from "commander";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig?: string;
  config?: string;
  leaderElect?: boolean;
  verbosity: string;
}

export const scheduler = new Command("scheduler")
  .description("run the scheduler against any API server (kube-scheduler)")
  .addOption(flags.kubeconfigIn().makeOptionMandatory(false))
  .option("--config <file>", "a KubeSchedulerConfiguration; it may name the kubeconfig too")
  .option("--leader-elect", "take part in leader election before acting (default: as --config says)")
  .addOption(flags.verbosity())
  .action(({ verbosity, ...options }: Options) => runComponent({ name: "scheduler", logLevel: verbosity, options }));

import { Command } from "commander";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  controllers: string[];
  leaderElect: boolean;
  verbosity: string;
}

export const controllers = new Command("controllers")
  .description("run the controllers against any API server (kube-controller-manager)")
  .addOption(flags.kubeconfigIn())
  .addOption(flags.controllers())
  .option("--leader-elect", "take part in leader election before acting", false)
  .addOption(flags.verbosity())
  .action(({ kubeconfig, controllers: list, leaderElect, verbosity }: Options) =>
    runComponent({ name: "controllers", logLevel: verbosity, options: { kubeconfig, controllers: list, leaderElect } }),
  );

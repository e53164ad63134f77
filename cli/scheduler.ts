import { Command } from "commander";
import { addEndpointFlags, type EndpointFlags, endpointAddress } from "./endpoint-flags.ts";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options extends EndpointFlags {
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
  .action(({ verbosity, kubeconfig, config, leaderElect, ...endpointFlags }: Options, command: Command) => {
    const endpoints = endpointAddress(endpointFlags, command);
    const options = {
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(config !== undefined && { config }),
      ...(leaderElect !== undefined && { leaderElect }),
      ...(endpoints && { endpoints }),
    };
    return runComponent({ name: "scheduler", logLevel: verbosity, options });
  });

addEndpointFlags(scheduler, 10259);

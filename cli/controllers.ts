import { Command } from "commander";
import { addControllerFlags, type ControllerFlags, controllerSettings } from "./controller-flags.ts";
import { addEndpointFlags, type EndpointFlags, endpointAddress } from "./endpoint-flags.ts";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options extends ControllerFlags, EndpointFlags {
  kubeconfig: string;
  leaderElect: boolean;
  serviceClusterIpRange?: string;
  verbosity: string;
}

export const controllers = new Command("controllers")
  .description("run the controllers against any API server (kube-controller-manager)")
  .addOption(flags.kubeconfigIn())
  .option("--leader-elect", "take part in leader election before acting", false)
  .option("--service-cluster-ip-range <cidrs>", "addresses of Services, which no node is given")
  .addOption(flags.verbosity())
  .action((options: Options, command: Command) => {
    const { kubeconfig, controllers: list, leaderElect, verbosity } = options;
    const settings = controllerSettings(options, options.serviceClusterIpRange?.split(",") ?? [], command);
    const endpoints = endpointAddress(options, command);
    return runComponent({
      name: "controllers",
      logLevel: verbosity,
      options: { kubeconfig, controllers: list, leaderElect, settings, ...(endpoints && { endpoints }) },
    });
  });

addControllerFlags(controllers, { allocateNodeCidrs: false });
addEndpointFlags(controllers, 10257);

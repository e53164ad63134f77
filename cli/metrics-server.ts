import { Command } from "commander";
import { flags } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  bindAddress: string;
  port: number;
  verbosity: string;
}

export const metricsServer = new Command("metrics-server")
  .description("serve metrics.k8s.io, for kubectl top and autoscaling, to any API server (metrics-server)")
  .addOption(flags.kubeconfigIn())
  .addOption(flags.bindAddress().default("127.0.0.1"))
  .addOption(flags.port().default(0))
  .addOption(flags.verbosity())
  .action(({ kubeconfig, bindAddress, port, verbosity }: Options) =>
    runComponent({ name: "metrics-server", logLevel: verbosity, options: { kubeconfig, host: bindAddress, port } }),
  );

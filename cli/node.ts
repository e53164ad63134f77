import { Command, Option } from "commander";
import { flags, wholeNumber } from "./flags.ts";
import { nodeName } from "./node-names.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  runtime: "simulated";
  count: number;
  name?: string;
  namePrefix: string;
  verbosity: string;
}

export const node = new Command("node")
  .description("run node agents against any API server (kubelet)")
  .addOption(flags.kubeconfigIn())
  .addOption(new Option("--runtime <runtime>", "what runs Pods").choices(["simulated"]).default("simulated"))
  .addOption(new Option("--count <n>", "number of nodes in this process").argParser(wholeNumber(1, 5000)).default(1))
  .option("--name <name>", "name of the node, when it is one")
  .option("--name-prefix <prefix>", "names are the prefix and a, b, c …", "node-")
  .addOption(flags.verbosity())
  .action(({ kubeconfig, runtime, count, name, namePrefix, verbosity }: Options) => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: name && count === 1 ? name : nodeName(index, namePrefix),
      kubeconfig,
    }));
    return runComponent({ name: "node", logLevel: verbosity, options: { nodes, runtime } });
  });

import { join } from "node:path";
import { Command, Option } from "commander";
import { nodesFolder } from "./data-dir.ts";
import { flags, wholeNumber } from "./flags.ts";
import { nodeName } from "./node-names.ts";
import { proxyBeside } from "./proxy-beside.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  runtime: "simulated" | "cri";
  images: readonly string[];
  dataDir: string;
  nodeIp?: string;
  podCidr?: string;
  evictionHard?: string;
  withProxy?: string;
  clusterCidr: string[];
  clusterDns?: string;
  clusterDomain?: string;
  count: number;
  name?: string;
  namePrefix: string;
  verbosity: string;
}

export const node = new Command("node")
  .description("run node agents against any API server (kubelet)")
  .addOption(flags.kubeconfigIn())
  .addOption(flags.runtime())
  .addOption(flags.images())
  .addOption(flags.dataDir())
  .option("--node-ip <ip>", "address of the node, with --runtime cri (default: the machine's)")
  .option("--pod-cidr <cidr>", "range of its Pods' addresses, with --runtime cri (default: as a controller gives it)")
  .option("--eviction-hard <list>", "with --runtime cri: memory.available<AMOUNT,nodefs.available<AMOUNT, when Pods go")
  .option(
    "--with-proxy <kubeconfig>",
    "with --runtime cri: run the proxy for Services in this process too, as whom it names",
  )
  .addOption(
    new Option("--cluster-cidr <list>", "with --with-proxy: ranges of all Pods")
      .argParser((text: string) => text.split(",").filter(Boolean))
      .default([], "none"),
  )
  .option("--cluster-dns <ip>", "where Pods ask for names (default: 10.96.0.10)")
  .option("--cluster-domain <domain>", "what names of Services end in (default: cluster.local)")
  .addOption(new Option("--count <n>", "number of nodes in this process").argParser(wholeNumber(1, 5000)).default(1))
  .option("--name <name>", "name of the node, when it is one")
  .option("--name-prefix <prefix>", "names are the prefix and a, b, c …", "node-")
  .addOption(flags.verbosity())
  .action((options: Options) => {
    const { kubeconfig, runtime, images, count, name, namePrefix, verbosity } = options;
    if (runtime === "cri" && count > 1) throw new Error("--runtime cri runs one node a process");
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: name && count === 1 ? name : nodeName(index, namePrefix),
      kubeconfig,
    }));
    const cri = {
      folder: join(nodesFolder(options.dataDir), nodes[0]?.name ?? ""),
      ...(options.nodeIp && { address: options.nodeIp }),
      ...(options.podCidr && { podCidr: options.podCidr }),
      ...(options.evictionHard !== undefined && { evictionHard: options.evictionHard }),
    };
    const { withProxy, clusterCidr, clusterDns, clusterDomain } = options;
    if (withProxy && runtime !== "cri") throw new Error("--with-proxy is for nodes with --runtime cri");
    const beside = withProxy
      ? [proxyBeside({ kubeconfig: withProxy, nodeName: nodes[0]?.name ?? "", clusterCidr, logLevel: verbosity })]
      : [];
    const more = {
      ...(clusterDns && { clusterDns }),
      ...(clusterDomain && { clusterDomain }),
      ...(runtime === "cri" && { cri }),
    };
    return runComponent({ name: "node", logLevel: verbosity, options: { nodes, runtime, images, ...more } }, beside);
  });

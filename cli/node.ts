import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { duration } from "./argument.ts";
import { nodesFolder } from "./data-dir.ts";
import { flags, wholeNumber } from "./flags.ts";
import type { KubeletSettings } from "./kubelet-config.ts";
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
  config?: string;
  evictionHard?: string;
  evictionSoft?: string;
  evictionSoftGracePeriod?: string;
  evictionMinimumReclaim?: string;
  evictionPressureTransitionPeriod?: number;
  evictionMaxPodGracePeriod?: number;
  imageGcHighThreshold?: number;
  imageGcLowThreshold?: number;
  minimumImageTtlDuration?: number;
  withProxy?: string;
  clusterCidr: string[];
  clusterDns?: string;
  clusterDomain?: string;
  count: number;
  name?: string;
  namePrefix: string;
  verbosity: string;
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Only what was said: the rest is for others to fill in. */
const given = <T extends object>(values: T): Given<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>; // that is Given

export const node = new Command("node")
  .description("run node agents against any API server (kubelet)")
  .addOption(flags.kubeconfigIn())
  .addOption(flags.runtime())
  .addOption(flags.images())
  .addOption(flags.dataDir())
  .option("--node-ip <ip>", "address of the node, with --runtime cri (default: the machine's)")
  .option("--pod-cidr <cidr>", "range of its Pods' addresses, with --runtime cri (default: as a controller gives it)")
  .option("--config <file>", "with --runtime cri: a KubeletConfiguration; flags come before it")
  .option(
    "--eviction-hard <list>",
    "with --runtime cri: when Pods go, such as memory.available<100Mi,nodefs.available<10%",
  )
  .option("--eviction-soft <list>", "the same, for what may be crossed for a while")
  .option("--eviction-soft-grace-period <list>", "for how long, each, such as memory.available=1m30s")
  .option("--eviction-minimum-reclaim <list>", "how much more there has to be before it is over: memory.available=0Mi")
  .option("--eviction-pressure-transition-period <duration>", "how long the node tells of it (default: 5m)", duration)
  .addOption(
    new Option(
      "--eviction-max-pod-grace-period <seconds>",
      "that Pods get to end, for --eviction-soft (default: 0)",
    ).argParser(wholeNumber(0, 86_400)),
  )
  .addOption(
    new Option(
      "--image-gc-high-threshold <percent>",
      "of the disk in use, from which on unused images go (default: 85)",
    ).argParser(wholeNumber(0, 100)),
  )
  .addOption(
    new Option("--image-gc-low-threshold <percent>", "down to which they do (default: 80)").argParser(
      wholeNumber(0, 100),
    ),
  )
  .option("--minimum-image-ttl-duration <duration>", "nothing younger goes (default: 2m)", duration)
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
  .action(async (options: Options) => {
    const { kubeconfig, runtime, images, count, name, namePrefix, verbosity } = options;
    if (runtime === "cri" && count > 1) throw new Error("--runtime cri runs one node a process");
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: name && count === 1 ? name : nodeName(index, namePrefix),
      kubeconfig,
    }));
    const { config } = options;
    if (config && runtime !== "cri") throw new Error("--config is for nodes with --runtime cri");
    const {
      clusterDns: dns,
      clusterDomain: domain,
      ...settings
    }: Partial<KubeletSettings> = config
      ? (await import("./kubelet-config.ts")).kubeletConfig(readFileSync(config, "utf8"))
      : {};
    const cri = {
      folder: join(nodesFolder(options.dataDir), nodes[0]?.name ?? ""),
      ...(options.nodeIp && { address: options.nodeIp }),
      ...(options.podCidr && { podCidr: options.podCidr }),
      ...settings,
      eviction: {
        ...settings.eviction,
        ...given({
          hard: options.evictionHard,
          soft: options.evictionSoft,
          softGracePeriod: options.evictionSoftGracePeriod,
          minimumReclaim: options.evictionMinimumReclaim,
          transitionMs: options.evictionPressureTransitionPeriod,
          maxPodGraceSeconds: options.evictionMaxPodGracePeriod,
        }),
      },
      imageLimits: {
        ...settings.imageLimits,
        ...given({
          highThresholdPercent: options.imageGcHighThreshold,
          lowThresholdPercent: options.imageGcLowThreshold,
          minimumAgeMs: options.minimumImageTtlDuration,
        }),
      },
    };
    const { withProxy, clusterCidr, clusterDns = dns, clusterDomain = domain } = options;
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

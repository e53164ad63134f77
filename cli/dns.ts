import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { flags, wholeNumber } from "./flags.ts";
import { runComponent } from "./run-component.ts";

interface Options {
  kubeconfig: string;
  address: string;
  port: number;
  metricsPort: number;
  clusterDomain: string;
  ttl: number;
  pods: "disabled" | "insecure" | "verified";
  forward: string[];
  serviceIp?: string;
  verbosity: string;
}

const ipAddress = (text: string): string => {
  if (!isIP(text)) throw new InvalidArgumentError("must be an IP address.");
  return text;
};
const list = (text: string): string[] => text.split(",").filter(Boolean);

export const dns = new Command("dns")
  .description("answer the names of any cluster's Services and Pods (CoreDNS)")
  .addOption(flags.kubeconfigIn())
  .addOption(new Option("--address <ip>", "where to listen").argParser(ipAddress).default("127.0.0.1"))
  .addOption(
    new Option("--port <number>", "port to listen on, over UDP and TCP").argParser(wholeNumber(0, 65_535)).default(53),
  )
  .addOption(
    new Option("--metrics-port <number>", "port of /health, /ready and /metrics")
      .argParser(wholeNumber(0, 65_535))
      .default(9153),
  )
  .option("--cluster-domain <domain>", "what the cluster's names end in", "cluster.local")
  .addOption(
    new Option("--ttl <seconds>", "how long clients may keep the cluster's names")
      .argParser(wholeNumber(0, 3600))
      .default(30),
  )
  .addOption(
    new Option("--pods <mode>", "names of Pods: none, any address, or addresses that a Pod of the namespace has")
      .choices(["disabled", "insecure", "verified"])
      .default("insecure"),
  )
  .addOption(
    new Option("--forward <list>", "DNS servers, or files that name some, for other names; '' for none")
      .argParser(list)
      .default(["/etc/resolv.conf"], "/etc/resolv.conf"),
  )
  .addOption(
    new Option(
      "--service-ip <ip>",
      "make the Service kube-dns at this cluster IP lead here; needs an administrator",
    ).argParser(ipAddress),
  )
  .addOption(flags.verbosity())
  .action(({ verbosity, clusterDomain, forward, serviceIp, ...options }: Options) =>
    runComponent({
      name: "dns",
      logLevel: verbosity,
      options: {
        ...options,
        domain: clusterDomain,
        upstreams: forward,
        ...(serviceIp && { service: { clusterIP: serviceIp } }),
      },
    }),
  );

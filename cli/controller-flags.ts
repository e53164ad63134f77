import { isIP, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { StartOptions } from "../controllers/start.ts";
import { flagChecks } from "../server/start/flag-checks.ts";
import { flags, wholeNumber } from "./flags.ts";

type Settings = StartOptions["settings"];
type Signing = NonNullable<Settings["signing"]>;

/** What commander makes of the flags below: names of files by the name of the flag. */
export interface ControllerFlags {
  controllers: string[];
  clusterSigningDuration: number;
  clusterSigningCertFile?: string;
  clusterSigningKeyFile?: string;
  serviceAccountPrivateKeyFile?: string;
  legacyServiceAccountTokenCleanUpPeriod: number;
  cloud?: "simulated";
  allocateNodeCidrs: boolean;
  clusterCidr?: string[];
  nodeCidrMaskSize?: number;
  nodeCidrMaskSizeIpv4?: number;
  nodeCidrMaskSizeIpv6?: number;
  concurrentHorizontalPodAutoscalerSyncs: number;
  horizontalPodAutoscalerSyncPeriod: number;
  horizontalPodAutoscalerDownscaleStabilization: number;
  horizontalPodAutoscalerTolerance: number;
  horizontalPodAutoscalerCpuInitializationPeriod: number;
  horizontalPodAutoscalerInitialReadinessDelay: number;
  [file: `clusterSigning${string}File`]: string | undefined;
}

/** Flags and signers: `--cluster-signing-<flag>-cert-file` and its key. */
const SIGNERS = {
  "kubelet-serving": "kubernetes.io/kubelet-serving",
  "kubelet-client": "kubernetes.io/kube-apiserver-client-kubelet",
  "kube-apiserver-client": "kubernetes.io/kube-apiserver-client",
  "legacy-unknown": "kubernetes.io/legacy-unknown",
} as const;

function seconds(text: string): number {
  try {
    const milliseconds = flagChecks.durationMilliseconds(text);
    if (milliseconds > 0) return milliseconds / 1000;
  } catch {
    // told below
  }
  throw new InvalidArgumentError("must be a duration such as 90s, 5m or 1h30m.");
}

function part(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("must be a number such as 0.1.");
  return value;
}

function truth(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("must be true or false.");
  return text === "true";
}

function cidrs(text: string): string[] {
  const list = text.split(",");
  const isRange = (one: string) => {
    const [address = "", size = "", ...more] = one.split("/");
    return isIP(address) > 0 && /^\d{1,3}$/.test(size) && Number(size) <= (isIPv6(address) ? 128 : 32) && !more.length;
  };
  if (!list.every(isRange)) throw new InvalidArgumentError("must be ranges such as 10.244.0.0/16.");
  if (list.length > 2)
    throw new InvalidArgumentError(`length of clusterCIDRs is:${list.length} more than max allowed of 2`);
  if (list.length === 2 && list.filter(isOfIpv6).length !== 1)
    throw new InvalidArgumentError("must be at most one range of each IP family.");
  return list;
}

const isOfIpv6 = (cidr: string) => isIPv6(cidr.split("/")[0] ?? "");

/**
 * Adds the flags of kube-controller-manager to a command that runs one. Their names are upstream's.
 *
 * @param defaults what differs between commands
 */
export function addControllerFlags(command: Command, defaults: { allocateNodeCidrs: boolean }): Command {
  const file = (text: string) => resolve(text);
  const pair = (infix: string, what: string) => [
    new Option(
      `--cluster-signing${infix}-cert-file <file>`,
      `certificate of the authority that signs ${what}`,
    ).argParser(file),
    new Option(`--cluster-signing${infix}-key-file <file>`, "its key").argParser(file),
  ];
  const options = [
    flags.controllers(),
    ...pair("", "certificates that CertificateSigningRequests ask for"),
    ...Object.entries(SIGNERS).flatMap(([infix, signer]) => pair(`-${infix}`, `for ${signer}`)),
    new Option("--cluster-signing-duration <duration>", "longest life of a signed certificate")
      .argParser(seconds)
      .default(365 * 24 * 3600, "8760h0m0s"),
    new Option(
      "--service-account-private-key-file <file>",
      "private key in PEM that signs tokens in Secrets (default: none are made, with `up` the cluster's)",
    ).argParser(file),
    new Option(
      "--legacy-service-account-token-clean-up-period <duration>",
      "how long such a token may be unused before it is deleted",
    )
      .argParser(seconds)
      .default(365 * 24 * 3600, "8760h0m0s"),
    new Option("--cloud <cloud>", "who gives Services of type LoadBalancer their addresses (default: nobody)").choices([
      "simulated",
    ]),
    new Option("--allocate-node-cidrs [boolean]", "give each node a range of addresses for its Pods")
      .argParser(truth)
      .preset("true")
      .default(defaults.allocateNodeCidrs),
    new Option("--cluster-cidr <cidrs>", "what these are taken from, one of each IP family at most").argParser(cidrs),
    new Option(
      "--node-cidr-mask-size <bits>",
      "mask of a node's range (default: 24 for IPv4 and 64 for IPv6)",
    ).argParser(wholeNumber(1, 128)),
    new Option("--node-cidr-mask-size-ipv4 <bits>", "the same, of IPv4").argParser(wholeNumber(1, 32)),
    new Option("--node-cidr-mask-size-ipv6 <bits>", "the same, of IPv6").argParser(wholeNumber(1, 128)),
    new Option("--concurrent-horizontal-pod-autoscaler-syncs <number>", "autoscalers that are reconciled at once")
      .argParser(wholeNumber(1, 1000))
      .default(5),
    new Option("--horizontal-pod-autoscaler-sync-period <duration>", "how often autoscalers look at metrics")
      .argParser(seconds)
      .default(15, "15s"),
    new Option(
      "--horizontal-pod-autoscaler-downscale-stabilization <duration>",
      "nothing is scaled below what was recommended in this time",
    )
      .argParser(seconds)
      .default(300, "5m0s"),
    new Option("--horizontal-pod-autoscaler-tolerance <part>", "by how much usage may be off before anything is scaled")
      .argParser(part)
      .default(0.1),
    new Option(
      "--horizontal-pod-autoscaler-cpu-initialization-period <duration>",
      "time from a Pod's start in which its CPU may not count",
    )
      .argParser(seconds)
      .default(300, "5m0s"),
    new Option(
      "--horizontal-pod-autoscaler-initial-readiness-delay <duration>",
      "time from a Pod's start in which readiness is believed to be its first",
    )
      .argParser(seconds)
      .default(30, "30s"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Controllers:"));
  return command;
}

/**
 * What the flags say together. Ends with a usage error (exit code 2) where they contradict each other.
 *
 * @param serviceCidrs ranges of Services, which nodes are not given
 */
export function controllerSettings(
  flags: ControllerFlags,
  serviceCidrs: readonly string[],
  command: Command,
): Settings {
  const fail = (text: string): never => command.error(`error: ${text}`, { exitCode: 2 });
  const files = (infix: string) => {
    const camel = infix.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const certFile = flags[`clusterSigning${camel}CertFile`];
    const keyFile = flags[`clusterSigning${camel}KeyFile`];
    if (certFile && keyFile) return { certFile, keyFile };
    if (certFile || keyFile) fail(`--cluster-signing${infix}-cert-file and its key file need each other`);
    return undefined;
  };
  const all = files("");
  const bySigner: Signing["bySigner"] = Object.fromEntries(
    Object.entries(SIGNERS).flatMap(([infix, signer]) => {
      const own = files(`-${infix}`);
      return own ? [[signer, own]] : [];
    }),
  );
  if (all && Object.keys(bySigner).length > 0) fail("cannot specify default and per controller certs at the same time");
  const problem = maskProblem(flags);
  if (problem) fail(problem);
  return {
    signing: { ...(all && { all }), bySigner, durationSeconds: flags.clusterSigningDuration },
    horizontalPodAutoscaler: {
      workers: flags.concurrentHorizontalPodAutoscalerSyncs,
      syncPeriodMs: flags.horizontalPodAutoscalerSyncPeriod * 1000,
      downscaleStabilizationMs: flags.horizontalPodAutoscalerDownscaleStabilization * 1000,
      tolerance: flags.horizontalPodAutoscalerTolerance,
      cpuInitializationMs: flags.horizontalPodAutoscalerCpuInitializationPeriod * 1000,
      initialReadinessMs: flags.horizontalPodAutoscalerInitialReadinessDelay * 1000,
    },
    ...(flags.serviceAccountPrivateKeyFile && { serviceAccountKeyFile: flags.serviceAccountPrivateKeyFile }),
    unusedTokenMs: flags.legacyServiceAccountTokenCleanUpPeriod * 1000,
    ...(flags.cloud && { cloud: flags.cloud }),
    ...(flags.allocateNodeCidrs && { nodeIpam: nodeIpam(flags, serviceCidrs) }),
  };
}

/** (cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes) */
function maskProblem(flags: ControllerFlags): string {
  const { nodeCidrMaskSize: both, nodeCidrMaskSizeIpv4: ipv4, nodeCidrMaskSizeIpv6: ipv6, clusterCidr = [] } = flags;
  if (!flags.allocateNodeCidrs) return "";
  if (!clusterCidr.length) return "Controller: Must specify --cluster-cidr if --allocate-node-cidrs is set";
  if (clusterCidr.length > 1) {
    return both ? "usage of --node-cidr-mask-size is not allowed with dual-stack clusters" : "";
  }
  if (both && (ipv4 || ipv6)) {
    return (
      "usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. " +
      "For dual-stack clusters please unset it and use IPFamily specific flags"
    );
  }
  const isIpv6 = clusterCidr.every(isOfIpv6);
  if (ipv4 && isIpv6) return "usage of --node-cidr-mask-size-ipv4 is not allowed for a single-stack IPv6 cluster";
  if (ipv6 && !isIpv6) return "usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster";
  return "";
}

function nodeIpam(flags: ControllerFlags, serviceCidrs: readonly string[]): NonNullable<Settings["nodeIpam"]> {
  const { nodeCidrMaskSize: both, nodeCidrMaskSizeIpv4: ipv4, nodeCidrMaskSizeIpv6: ipv6, clusterCidr = [] } = flags;
  const sizeOf = (cidr: string) => (isOfIpv6(cidr) ? (both ?? ipv6 ?? 64) : (both ?? ipv4 ?? 24));
  return { clusterCidrs: clusterCidr, maskSizes: clusterCidr.map(sizeOf), serviceCidrs };
}

import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { StartOptions } from "../controllers/start.ts";
import { flagChecks } from "../server/start/flag-checks.ts";
import { flags } from "./flags.ts";

type Settings = StartOptions["settings"];
type Signing = NonNullable<Settings["signing"]>;

/** What commander makes of the flags below: names of files by the name of the flag. */
export interface ControllerFlags {
  controllers: string[];
  clusterSigningDuration: number;
  clusterSigningCertFile?: string;
  clusterSigningKeyFile?: string;
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

/** Adds the flags of kube-controller-manager to a command that runs one. Their names are upstream's. */
export function addControllerFlags(command: Command): Command {
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
  ];
  for (const option of options) command.addOption(option.helpGroup("Controllers:"));
  return command;
}

/** What the flags say together. Ends with a usage error (exit code 2) where they contradict each other. */
export function controllerSettings(flags: ControllerFlags, command: Command): Settings {
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
  return { signing: { ...(all && { all }), bySigner, durationSeconds: flags.clusterSigningDuration } };
}

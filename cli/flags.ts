import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";

/** A whole number within bounds, or a usage error (exit code 2). */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Flags that several commands share, defined once. Each call makes a new one, as commander wants. */
export const flags = {
  dataDir: () => new Option("--data-dir <dir>", "folder for all state: database, keys, kubeconfigs").default(".inkube"),
  storage: () =>
    new Option("--storage <url>", "sqlite:PATH or memory: (default: sqlite:inkube.db in the data folder)").argParser(
      (text: string) => {
        if (!/^(sqlite:.+|memory:)$/.test(text)) throw new InvalidArgumentError("must be sqlite:PATH or memory:.");
        return text;
      },
    ),
  durability: () =>
    new Option("--durability <mode>", "full: an acknowledged write survives power loss; relaxed: faster, for tests")
      .choices(["full", "relaxed"])
      .default("full"),
  port: () =>
    new Option("--port <number>", "port of the API server, 0 picks a free one")
      .argParser(wholeNumber(0, 65535))
      .default(6443),
  bindAddress: () => new Option("--bind-address <ip>", "address to listen on").default("127.0.0.1"),
  kubeconfigOut: () =>
    new Option("--kubeconfig <path>", "where to write the administrator's kubeconfig (default: in the data folder)"),
  kubeconfigIn: () =>
    new Option("--kubeconfig <path>", "kubeconfig of the API server to work with")
      .env("KUBECONFIG")
      .argParser((path: string) => {
        if (!path) throw new InvalidArgumentError("must name a file.");
        return path;
      })
      .makeOptionMandatory(),
  controllers: () =>
    new Option(
      "--controllers <list>",
      "'*' for all, 'name' to enable, '-name' to disable, separated by commas; '' for none",
    )
      .argParser((text: string) => text.split(",").filter(Boolean))
      .default(["*"], "*"),
  runtime: () =>
    new Option("--runtime <runtime>", "what runs Pods: a simulation, or containers of this machine, through containerd")
      .choices(["simulated", "cri"])
      .default("simulated"),
  images: () =>
    new Option(
      "--images <file>",
      "images that simulated Pods may run besides those known, as YAML or JSON; may be repeated",
    )
      .argParser((path: string, before: readonly string[] | undefined) => [...(before ?? []), resolve(path)])
      .default([], "none"),
  verbosity: () =>
    new Option("-v, --verbosity <level>", "log level")
      .choices(["error", "warn", "info", "debug", "trace"])
      .default("warn"),
  output: () =>
    new Option("-o, --output <format>", "json: one machine-readable line on stdout")
      .choices(["text", "json"])
      .default("text"),
};

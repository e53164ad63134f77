import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Command } from "commander";
import { parse, stringify } from "yaml";
import { requireRunning } from "./data-dir.ts";
import { flags } from "./flags.ts";

interface Named {
  name: string;
}
interface Kubeconfig {
  apiVersion?: string;
  kind?: string;
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  "current-context"?: string;
}

const replaceNamed = (into: Named[] = [], from: Named[] = []): Named[] => [
  ...into.filter(({ name }) => !from.some((entry) => entry.name === name)),
  ...from,
];

/** Ours replace entries of the same name, all others stay; ours becomes the current context. */
export function mergeKubeconfig(into: Kubeconfig, from: Kubeconfig): Kubeconfig {
  return {
    apiVersion: "v1",
    kind: "Config",
    ...into,
    clusters: replaceNamed(into.clusters, from.clusters),
    users: replaceNamed(into.users, from.users),
    contexts: replaceNamed(into.contexts, from.contexts),
    "current-context": from["current-context"],
  };
}

export const kubeconfig = new Command("kubeconfig")
  .description("print the administrator's kubeconfig, or merge it into the user's own")
  .addOption(flags.dataDir())
  .option("--merge", "merge it into the first file of $KUBECONFIG, else ~/.kube/config", false)
  .action(({ dataDir, merge }: { dataDir: string; merge: boolean }) => {
    const own = readFileSync(requireRunning(dataDir).kubeconfig, "utf8");
    if (!merge) {
      process.stdout.write(own);
      return;
    }
    const target = process.env.KUBECONFIG?.split(delimiter).find(Boolean) ?? join(homedir(), ".kube", "config");
    const old = existsSync(target) ? ((parse(readFileSync(target, "utf8")) as Kubeconfig | null) ?? {}) : {};
    mkdirSync(dirname(target), { recursive: true });
    const merged = mergeKubeconfig(old, parse(own) as Kubeconfig);
    // Written beside and renamed, so that no reader and no crash sees half a file.
    writeFileSync(`${target}.inkube`, stringify(merged), { mode: 0o600 });
    renameSync(`${target}.inkube`, target);
    process.stderr.write(`inkube: merged into ${target}, current context ${merged["current-context"]}\n`);
  });

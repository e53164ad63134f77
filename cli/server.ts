import { join, resolve } from "node:path";
import { Command } from "commander";
import { stopTimes } from "../server/start/settings.ts";
import { start } from "../server/start.ts";
import { openDataDir } from "./data-dir.ts";
import { flags } from "./flags.ts";
import { untilStopped } from "./lifetime.ts";
import { optimizeSooner } from "./optimize-sooner.ts";
import { createProgress } from "./progress.ts";
import { addServerFlags, type ServerFlags, serverSettings } from "./server-flags.ts";
import { settle } from "./settle.ts";
import { writeKubeconfig } from "./write-kubeconfig.ts";

interface Flags extends ServerFlags {
  port: number;
  bindAddress: string;
  dataDir: string;
  storage?: string;
  durability: "full" | "relaxed";
  kubeconfig?: string;
  output: "text" | "json";
  verbosity: string;
}

export const server = new Command("server")
  .description("run the API server alone (kube-apiserver)")
  .addOption(flags.port())
  .addOption(flags.bindAddress())
  .addOption(flags.dataDir())
  .addOption(flags.storage())
  .addOption(flags.durability())
  .addOption(flags.kubeconfigOut())
  .addOption(flags.output())
  .addOption(flags.verbosity())
  .action(async (options: Flags, command: Command) => {
    const { settings, admissionPlugins } = serverSettings(options, command);
    const progress = createProgress(() => performance.now());
    const dataDir = openDataDir(options.dataDir);
    const handle = await start({
      dataDir,
      storage: options.storage ?? `sqlite:${join(dataDir, "inkube.db")}`,
      durability: options.durability,
      bindAddress: options.bindAddress,
      port: options.port,
      onPortTaken: (port, next) => progress.note(`port ${port} is taken, using ${next}`),
      logLevel: options.verbosity,
      admissionPlugins,
      settings,
    });
    const kubeconfig = options.kubeconfig ? resolve(options.kubeconfig) : join(dataDir, "kubeconfig");
    const admin = handle.kubeconfig({ commonName: "kubernetes-admin", organizations: ["system:masters"] });
    writeKubeconfig(kubeconfig, admin);
    progress.done(`API server ready at ${handle.url}`);
    if (options.output === "json") {
      console.log(JSON.stringify({ ready: true, server: handle.url, kubeconfig, pid: process.pid }));
    } else {
      console.log(`export KUBECONFIG=${kubeconfig}`);
    }
    optimizeSooner();
    settle();
    await untilStopped(() => handle.stop(), stopTimes(settings).limitMilliseconds);
  });

addServerFlags(server);

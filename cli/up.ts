import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { type ServerSettings, stopTimes } from "../server/start/settings.ts";
import { type ClusterOptions, clusterCidrFor, startCluster } from "./cluster.ts";
import { addControllerFlags, type ControllerFlags, controllerSettings } from "./controller-flags.ts";
import { clearRunning, openDataDir, readRunning, writeRunning } from "./data-dir.ts";
import { flags, wholeNumber } from "./flags.ts";
import type { KubeletFile } from "./kubelet-flags.ts";
import { environmentForChildren, untilStopped } from "./lifetime.ts";
import { createProgress } from "./progress.ts";
import { addServerFlags, type ServerFlags, serverSettings } from "./server-flags.ts";
import { settle } from "./settle.ts";

interface UpOptions extends ServerFlags, ControllerFlags {
  detach: boolean;
  nodes: number;
  scheduler: boolean;
  metricsServer: boolean;
  schedulerConfig?: string;
  runtime: "simulated" | "cri";
  images: readonly string[];
  kubeletConfig?: string;
  port: number;
  bindAddress: string;
  dataDir: string;
  storage?: string;
  durability: "full" | "relaxed";
  kubeconfig?: string;
  output: "text" | "json";
  verbosity: string;
}

export const up = new Command("up")
  .description("start a whole cluster: API server, controllers, scheduler and nodes")
  .option("-d, --detach", "run in the background; `inkube down` stops it", false)
  .addOption(new Option("--nodes <n>", "number of nodes, 0 for none").argParser(wholeNumber(0, 5000)).default(2))
  .addOption(flags.runtime())
  .addOption(flags.images())
  .option("--kubelet-config <file>", "with --runtime cri: a KubeletConfiguration for the nodes")
  .option("--no-scheduler", "run no scheduler")
  .option("--no-metrics-server", "serve no metrics.k8s.io: with nodes it is served, unless somebody else does")
  .option("--scheduler-config <file>", "a KubeSchedulerConfiguration for the scheduler")
  .addOption(flags.port())
  .addOption(flags.bindAddress())
  .addOption(flags.dataDir())
  .addOption(flags.storage())
  .addOption(flags.durability())
  .addOption(flags.kubeconfigOut())
  .addOption(flags.output())
  .addOption(flags.verbosity())
  .action(async (options: UpOptions, command: Command) => {
    const settings = { ...serverSettings(options, command), controllerSettings: await controllersOf(options, command) };
    const running = readRunning(options.dataDir);
    if (running)
      throw new Error(
        `a cluster runs already from ${resolve(options.dataDir)}: ${running.server}, process ${running.pid}`,
      );
    if (options.detach) await detached(options);
    else await foreground(options, settings);
  });

/** Ending containers takes longer than ending threads, in ms. */
const REAL_STOP_LIMIT = 25_000;

/** Where kubeadm would ask for a range, there is one with room for the nodes. */
async function controllersOf(
  options: UpOptions,
  command: Command,
): Promise<NonNullable<ClusterOptions["controllerSettings"]>> {
  const isReal = options.runtime === "cri" && options.nodes > 0;
  // Loaded only where there are real nodes; it also says what the machine lacks for them.
  const real = isReal ? await (await import("./real-nodes.ts")).realPodRange(options.dataDir) : undefined;
  const clusterCidr = options.clusterCidr ?? [real ?? clusterCidrFor(options.nodes)];
  return controllerSettings({ ...options, clusterCidr }, [options.serviceClusterIpRange], command);
}

addServerFlags(up);
addControllerFlags(up, { allocateNodeCidrs: true });

async function foreground(
  options: UpOptions,
  settings: Pick<ClusterOptions, "admissionPlugins" | "controllerSettings"> & { settings: ServerSettings },
): Promise<void> {
  const progress = createProgress(() => performance.now());
  const cluster = await startCluster(
    {
      ...options,
      ...settings,
      ...(options.kubeconfig && { kubeconfig: resolve(options.kubeconfig) }),
      ...(options.kubeletConfig && { kubelet: await checkedKubeletConfig(options) }),
      logLevel: options.verbosity,
    },
    progress,
  );
  const state = {
    pid: process.pid,
    server: cluster.server,
    kubeconfig: cluster.kubeconfig,
    startedAt: new Date().toISOString(),
  };
  writeRunning(options.dataDir, { ...state, ready: false });
  try {
    await cluster.ready;
  } catch (error) {
    // Nobody could tell a cluster that is half there from a whole one.
    await cluster.stop().catch((also: unknown) => progress.note(`while stopping: ${also}`));
    clearRunning(options.dataDir);
    throw error;
  }
  writeRunning(options.dataDir, { ...state, ready: true });
  if (options.output === "json") console.log(readyLine(state));
  else console.log(copyAndPaste(state.kubeconfig, options.runtime));
  settle();
  await untilStopped(
    async () => {
      try {
        await cluster.stop();
      } finally {
        clearRunning(options.dataDir);
      }
    },
    (options.runtime === "cri" ? REAL_STOP_LIMIT : 0) + stopTimes(settings.settings).limitMilliseconds,
  );
}

/** Its nodes would say what is wrong with it into their log, again and again. @throws Error */
async function checkedKubeletConfig({ runtime, kubeletConfig: file = "" }: UpOptions): Promise<KubeletFile> {
  if (runtime !== "cri") throw new Error("--kubelet-config is for nodes with --runtime cri");
  const { kubeletConfig } = await import("./kubelet-config.ts");
  // Absolute, since nodes run elsewhere.
  return { path: resolve(file), settings: kubeletConfig(readFileSync(file, "utf8")) };
}

const readyLine = ({ server, kubeconfig, pid }: { server: string; kubeconfig: string; pid: number }) =>
  JSON.stringify({ ready: true, server, kubeconfig, pid });

function copyAndPaste(kubeconfig: string, runtime: UpOptions["runtime"]): string {
  return [
    `export KUBECONFIG=${kubeconfig}`,
    "kubectl get nodes",
    runtime === "cri" ? "inkube load IMAGE.tar" : "kubectl create deployment web --image=nginx --replicas=3",
  ].join("\n");
}

/** Starts this same command again without --detach, in a session of its own, and waits for its ready line. */
async function detached(options: UpOptions): Promise<void> {
  const dataDir = openDataDir(options.dataDir);
  const logFile = join(dataDir, "inkube.log");
  const log = openSync(logFile, "w", 0o600);
  const script = process.argv[1] ?? "";
  const args = process.argv.slice(2).filter((arg) => arg !== "-d" && arg !== "--detach");
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    stdio: ["ignore", log, log],
    env: environmentForChildren(), // it is meant to outlive our parent too
  });
  closeSync(log);
  const exited = new Promise<number>((done) => child.once("exit", (code) => done(code ?? 1)));
  for (;;) {
    const state = readRunning(options.dataDir);
    if (state?.ready && state.pid === child.pid) {
      child.unref();
      console.log(options.output === "json" ? readyLine(state) : copyAndPaste(state.kubeconfig, options.runtime));
      return;
    }
    const gone = await Promise.race([exited, new Promise<undefined>((next) => setTimeout(() => next(undefined), 20))]);
    if (gone !== undefined) throw new Error(`the cluster did not start: ${lastWords(logFile)}`);
  }
}

/** What the process said when it gave up, and where all it said is. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("inkube: "));
  const words = lines.slice(Math.max(last, 0)).filter((line) => !line.startsWith("{"));
  return [words.join("\n").replace(/^inkube: /, ""), `its log is ${logFile}`].join("\n");
}

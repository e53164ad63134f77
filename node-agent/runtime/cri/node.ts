import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { cpus, networkInterfaces, totalmem } from "node:os";
import { join } from "node:path";
import { type Logger, quantity } from "../../../client/index.ts";
import type { Observations, Threshold } from "../../eviction.ts";
import type { DnsConfig } from "../../pod-dns.ts";
import { type CriClient, criClient } from "./api/client.ts";
import { conflist } from "./daemon/conflist.ts";
import { type ContainerdOptions, runningContainerd, startContainerd } from "./daemon/containerd.ts";
import { missingPrerequisites, pluginFolder } from "./daemon/prerequisites.ts";
import { importImages } from "./images/import.ts";
import { PAUSE_IMAGE, pauseArchive } from "./images/pause.ts";
import { hugePageCapacity } from "./pod/huge-pages.ts";
import { type NodePaths, nodePaths } from "./pod/paths.ts";
import { agentFile, nodeNames } from "./remove-node.ts";
import { type CriRuntime, type CriRuntimeOptions, criRuntime } from "./runtime.ts";

/** How often it is looked whether containerd still runs, in ms. */
const WATCH = 1_000;
const MAX_PODS = "110";

export interface CriNodeOptions extends Pick<CriRuntimeOptions, "clock" | "logger" | "runtimeHandler" | "secret"> {
  /** Folder of everything that this node keeps. */
  readonly folder: string;
  readonly address: string;
}

export interface CriNode {
  readonly runtime: CriRuntime;
  /** Gives Pods their range of addresses; no Pod starts before that. Idempotent. */
  setPodCidr(podCidr: string): void;
  /** Lets go: Pods and containerd run on, and the next one to open this node finds them. */
  stop(): void;
}

/** Starts a node's own containerd, or finds it running. @throws Error that says what this machine lacks */
export async function openCriNode(options: CriNodeOptions): Promise<CriNode> {
  const { folder, clock, logger } = options;
  const { getuid, platform, env } = process;
  const missing = missingPrerequisites({ platform, uid: getuid?.(), path: env.PATH ?? "" });
  if (missing) throw new Error(missing);
  const paths = nodePaths(folder);
  const { cgroup } = nodeNames(folder);
  for (const path of [paths.pods, paths.logs, paths.cni, paths.seccomp, paths.registries])
    mkdirSync(path, { recursive: true, mode: 0o755 });
  writeFileSync(agentFile(folder), String(process.pid));
  const containerd: ContainerdOptions = {
    folder: paths.containerd,
    socket: paths.socket,
    cniPlugins: pluginFolder() ?? "",
    cniConfig: paths.cni,
    registries: paths.registries,
    pauseImage: PAUSE_IMAGE,
    clock,
  };
  await startContainerd(containerd);
  const client = criClient(paths.socket);
  await loadPauseImage(client, paths);
  const runtime = await criRuntime({ ...options, client, paths, cgroupRoot: `/${cgroup}` });
  const stopWatching = keepRunning(containerd, logger);
  return {
    runtime,
    setPodCidr(podCidr) {
      const file = join(paths.cni, "10-inkube.conflist");
      const text = JSON.stringify(conflist({ podCidr, stateFolder: join(folder, "addresses") }));
      if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
    },
    stop() {
      stopWatching();
      runtime.stop();
    },
  };
}

async function loadPauseImage(client: CriClient, { folder }: NodePaths): Promise<void> {
  if (await client.imageStatus(PAUSE_IMAGE)) return;
  const file = join(folder, "pause.tar");
  writeFileSync(file, pauseArchive(process.arch));
  await importImages(folder, file);
  rmSync(file);
}

/** A containerd that was killed comes back; its containers never noticed. */
function keepRunning(options: ContainerdOptions, logger: Logger): () => void {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy || runningContainerd(options.folder) !== undefined) return;
    busy = true;
    logger.warn("containerd is not running; starting it again");
    await startContainerd(options).catch((error: unknown) => logger.error({ err: error }, "containerd did not start"));
    busy = false;
  }, WATCH).unref();
  return () => clearInterval(timer);
}

/** What this machine has for Pods. */
export function machineCapacity(folder: string): Record<string, string> {
  const { blocks, bsize } = statfsSync(folder);
  return {
    cpu: String(cpus().length),
    "ephemeral-storage": `${Math.floor((blocks * bsize) / 1024)}Ki`,
    ...hugePageCapacity(),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: MAX_PODS,
  };
}

/**
 * What of it Pods may have: at the thresholds they would be evicted, and without memory that is set aside as huge pages.
 * (pkg/kubelet/cm GetNodeAllocatableReservation, pkg/kubelet/nodestatus/setters.go)
 */
export function machineAllocatable(
  capacity: Readonly<Record<string, string>>,
  thresholds: readonly Threshold[],
): Record<string, string> {
  const sizes = Object.entries(capacity).filter(([name]) => name.startsWith("hugepages-"));
  const hugePages = sizes.reduce((sum, [, amount]) => sum + quantity(amount), 0);
  const less = (name: string, signal: Threshold["signal"]) => {
    const { value = "0" } = thresholds.find((each) => each.signal === signal) ?? {};
    const aside = signal === "memory.available" ? hugePages : 0;
    const all = quantity(capacity[name] ?? "0") - aside;
    const reserved = value.endsWith("%") ? (all * Number(value.slice(0, -1))) / 100 : quantity(value);
    return `${Math.floor(Math.max(0, all - reserved) / 1024)}Ki`;
  };
  return {
    ...capacity,
    memory: less("memory", "memory.available"),
    "ephemeral-storage": less("ephemeral-storage", "nodefs.available"),
  };
}

/** Name of this machine's operating system. */
export function machineOsImage(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "Linux";
}

/** What this machine has left for Pods. */
export async function observeMachine(folder: string): Promise<Observations> {
  const { blocks, bavail, bsize } = await statfs(folder);
  const [, kibibytes = "0"] = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8")) ?? [];
  return {
    "memory.available": { available: Number(kibibytes) * 1024, capacity: totalmem() },
    "nodefs.available": { available: bavail * bsize, capacity: blocks * bsize },
  };
}

/** The address by which others reach this machine. */
export function machineAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}

/** The machine's own DNS settings. (pkg/kubelet/network/dns parseResolvConf) */
export function machineDns(): DnsConfig {
  const text = existsSync("/etc/resolv.conf") ? readFileSync("/etc/resolv.conf", "utf8") : "";
  const lines = text.split("\n").map((line) =>
    line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/),
  );
  const last = (word: string) => lines.findLast(([first]) => first === word)?.slice(1) ?? [];
  return {
    servers: lines.flatMap(([first, address]) => (first === "nameserver" && address ? [address] : [])),
    searches: last("search"),
    options: last("options"),
  };
}

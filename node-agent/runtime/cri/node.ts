import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../../client/index.ts";
import type { DnsConfig } from "../../pod-dns.ts";
import { type CriClient, criClient } from "./api/client.ts";
import { conflist } from "./daemon/conflist.ts";
import { type ContainerdOptions, runningContainerd, startContainerd } from "./daemon/containerd.ts";
import { missingPrerequisites, pluginFolder } from "./daemon/prerequisites.ts";
import { importImages } from "./images/import.ts";
import { PAUSE_IMAGE, pauseArchive } from "./images/pause.ts";
import { type NodePaths, nodePaths } from "./pod/paths.ts";
import { agentFile, nodeNames } from "./remove-node.ts";
import { type CriRuntime, type CriRuntimeOptions, criRuntime } from "./runtime.ts";
import { makeShared } from "./volumes/mount.ts";

/** How often it is looked whether containerd still runs, in ms. */
const WATCH = 1_000;

export interface CriNodeOptions extends Omit<CriRuntimeOptions, "client" | "paths" | "cgroupRoot" | "address"> {
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
  makeShared(paths.pods);
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

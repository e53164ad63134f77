import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unmountBelow } from "../volumes/mount.ts";
import { cgroupFolders, cgroupTree, removeCgroup } from "./cgroups.ts";
import { kill, processesWith, wordAfter } from "./processes.ts";

/** containerd's helpers, one a Pod: they name the socket of the containerd that they belong to. */
function shimsOf(socket: string): number[] {
  return processesWith(
    (words) => words[0]?.includes("containerd-shim") === true && wordAfter(words, "-address") === socket,
  );
}

export interface Remains {
  /** containerd's folder. It must not run any more. */
  readonly folder: string;
  readonly socket: string;
  /** Cgroup above all Pods', without slashes around it. */
  readonly cgroup: string;
}

/**
 * Ends and removes all that a node's Pods are made of, whoever started them and however that one ended: processes,
 * mounts (namespaces among them, and with them the Pods' interfaces), cgroups. Idempotent.
 */
export function cleanUp({ folder, socket, cgroup }: Remains): void {
  // Shims first: they would report, and clean up after, what is killed below.
  for (const pid of shimsOf(socket)) kill(pid, "SIGKILL");
  const shimSockets = shimSocketsOf(folder);
  const cgroups = cgroupFolders(cgroup).flatMap(cgroupTree);
  for (const each of cgroups) {
    const processes = readFileSync(join(each, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
    for (const pid of processes) kill(Number(pid), "SIGKILL");
  }
  unmountBelow(folder);
  for (const path of shimSockets) rmSync(path, { force: true });
  for (const each of cgroups) removeCgroup(each);
  rmSync(join(folder, "state"), { recursive: true, force: true });
  rmSync(socket, { force: true });
  rmSync(`${socket}.ttrpc`, { force: true });
}

/** Shims listen in a folder that all containerds of a machine share; each leaves a note where. */
function shimSocketsOf(folder: string): string[] {
  const tasks = join(folder, "state", "io.containerd.runtime.v2.task", "k8s.io");
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks)
    .map((id) => join(tasks, id, "address"))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8").trim().replace("unix://", ""))
    .filter((path) => path.startsWith("/run/containerd/s/"));
}

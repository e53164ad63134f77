import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const CGROUPS = "/sys/fs/cgroup";
const TRIES = 100;
const PAUSE_MILLISECONDS = 20;

/** The same cgroup in every hierarchy: one with version 2, one a controller with version 1. */
export function cgroupFolders(name: string, root = CGROUPS): string[] {
  const roots = existsSync(join(root, "cgroup.controllers"))
    ? [root]
    : readdirSync(root).map((controller) => join(root, controller));
  return roots.map((each) => join(each, name)).filter((folder) => existsSync(folder));
}

/** The processes of a cgroup itself; none when it is gone. @param name without a slash at its start */
export function cgroupProcesses(name: string): number[] {
  const [folder] = cgroupFolders(name);
  return folder ? readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number) : [];
}

/** A cgroup with all below it, children first. */
export function cgroupTree(folder: string): string[] {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap(({ name }) => cgroupTree(join(folder, name))), folder];
}

/** The kernel lets go of a cgroup some time after its last process was killed. */
export function removeCgroup(folder: string): void {
  for (let tries = 0; existsSync(folder); tries++) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (tries >= TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
    }
  }
}

/** Removes a cgroup with all below it, in every hierarchy, without holding anything up. Nothing may run there. Idempotent. */
export async function removeCgroups(name: string): Promise<void> {
  let left = cgroupFolders(name).flatMap(cgroupTree);
  for (let tries = 0; left.length > 0; tries++) {
    if (tries > 0) await setTimeout(PAUSE_MILLISECONDS);
    left = left.filter((folder) => {
      try {
        if (existsSync(folder)) rmdirSync(folder);
        return false;
      } catch (error) {
        if (tries >= TRIES) throw error;
        return true;
      }
    });
  }
}

/** Uids of the Pods that have a cgroup. @param name of the cgroup above all Pods', without a slash at its start */
export function podsWithCgroups(name: string, root = CGROUPS): string[] {
  const tiers = [name, `${name}/burstable`, `${name}/besteffort`].flatMap((tier) => cgroupFolders(tier, root));
  const names = tiers.flatMap((folder) => readdirSync(folder, { withFileTypes: true }));
  const uids = names.flatMap((entry) => /^pod(.+)$/.exec(entry.isDirectory() ? entry.name : "")?.[1] ?? []);
  return [...new Set(uids)];
}

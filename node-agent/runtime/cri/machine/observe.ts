import { statSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import type { Disks } from "../../../eviction/pod-usage.ts";
import type { Observations } from "../../../eviction/signal.ts";
import { machineProcesses } from "./processes.ts";

/** Folders on the disks of a node: its own, and that of images and containers' files. */
export interface DiskFolders {
  readonly node: string;
  readonly images: string;
}

/** Whether images have a disk of their own. */
export const disksOf = ({ node, images }: DiskFolders): Disks => ({
  hasImageFs: statSync(node).dev !== statSync(images).dev,
});

/**
 * What this machine has left for Pods. Memory is what the kernel says can be had; kubelet reckons with files that were
 * read twice as in use, which on a machine that does other things too would evict Pods for nothing.
 */
export async function observeMachine(folders: DiskFolders): Promise<Observations> {
  const [, kibibytes = "0"] = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8")) ?? [];
  const [node, images] = await Promise.all([statfs(folders.node), statfs(folders.images)]);
  const { most, running } = machineProcesses();
  const bytes = ({ bavail, blocks, bsize }: typeof node) => ({ available: bavail * bsize, capacity: blocks * bsize });
  const inodes = ({ ffree, files }: typeof node) => ({ available: ffree, capacity: files });
  return {
    "memory.available": { available: Number(kibibytes) * 1024, capacity: totalmem() },
    "nodefs.available": bytes(node),
    "imagefs.available": bytes(images),
    // Some file systems make inodes as they need them, and say that they have none.
    ...(node.files > 0 && { "nodefs.inodesFree": inodes(node) }),
    ...(images.files > 0 && { "imagefs.inodesFree": inodes(images) }),
    "pid.available": { available: most - running, capacity: most },
  };
}

import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { FileSystemUsage } from "../../node-usage.ts";

const BLOCK = 512;

export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

const NOTHING: DiskUsage = { bytes: 0, inodes: 0 };

/** What a folder and all below it take on the disk; files that go meanwhile count nothing. (du) */
export async function diskUsage(path: string): Promise<DiskUsage> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return NOTHING;
  let bytes = found.blocks * BLOCK;
  let inodes = 1;
  if (!found.isDirectory()) return { bytes, inodes };
  for (const name of await readdir(path).catch(() => [])) {
    const below = await diskUsage(join(path, name));
    bytes += below.bytes;
    inodes += below.inodes;
  }
  return { bytes, inodes };
}

/** The file system that a path is on. @param used of it by whom it is asked for; undefined: by everything there */
export async function fileSystemUsage(path: string, used?: DiskUsage): Promise<FileSystemUsage> {
  const { blocks, bavail, bfree, bsize, files, ffree } = await statfs(path);
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: used?.bytes ?? (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
    inodesUsed: used?.inodes ?? files - ffree,
  };
}

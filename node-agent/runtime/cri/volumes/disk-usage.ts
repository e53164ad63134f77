import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = 512;

/** What a folder and all below it take on the disk, in bytes; files that go meanwhile count nothing. (du) */
export async function diskUsage(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  let bytes = found.blocks * BLOCK;
  if (!found.isDirectory()) return bytes;
  for (const name of await readdir(path).catch(() => [])) bytes += await diskUsage(join(path, name));
  return bytes;
}

import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface LogLimits {
  readonly maxBytes: number;
  /** Of one container, the one that is written to among them. */
  readonly maxFiles: number;
}

/** kubelet's defaults. (containerLogMaxSize, containerLogMaxFiles) */
export const LOG_LIMITS: LogLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/** 20260102-030405, as rotated files are named. */
const stamp = (now: Date) => now.toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15);

/**
 * Puts a log that has grown too large aside and has its writer begin a new one. All but the newest of those put aside are
 * compressed, and the oldest go. (pkg/kubelet/logs/container_log_manager.go) @returns whether the log was rotated
 */
export async function rotateLog(
  path: string,
  { maxBytes, maxFiles }: LogLimits,
  now: Date,
  reopen: () => Promise<void>,
): Promise<boolean> {
  const { size } = await stat(path);
  if (size < maxBytes) return false;
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const asides = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  // A compression that was cut short.
  for (const name of asides.filter((each) => each.endsWith(".tmp"))) await rm(join(folder, name));
  const old = asides.filter((name) => !name.endsWith(".tmp")).sort();
  // Two stay out: the one that is put aside now, and the one that is begun.
  for (const name of old.splice(0, Math.max(0, old.length - (maxFiles - 2)))) await rm(join(folder, name));
  for (const name of old) if (!name.endsWith(".gz")) await compress(join(folder, name));
  const aside = `${path}.${stamp(now)}`;
  await rename(path, aside);
  try {
    await reopen();
  } catch (error) {
    // The writer still has the old file: it must be found under its name.
    await rename(aside, path);
    throw error;
  }
  return true;
}

async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`));
  await rename(`${path}.tmp`, `${path}.gz`);
  await rm(path);
}

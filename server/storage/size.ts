import { statSync } from "node:fs";
import type { Storage } from "./storage.ts";

/** Bytes of the newest values under a prefix. */
export function valueBytes(storage: Storage, prefix: string): number {
  let bytes = 0;
  for (const { value } of storage.values(prefix)) bytes += value.length;
  return bytes;
}

/** Bytes that the database's files take on disk; of what is only in memory, those of the newest values. */
export function storageBytes(url: string, storage: Storage): number {
  if (!url.startsWith("sqlite:")) return valueBytes(storage, "");
  const path = url.slice("sqlite:".length);
  let bytes = 0;
  for (const file of [path, `${path}-wal`]) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

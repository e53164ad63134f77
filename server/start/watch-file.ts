import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Clock } from "../storage/clock.ts";

/** Changes come in bursts, and files are written bit by bit. */
const SETTLE_MILLISECONDS = 100;
/** Not every file system tells of changes. */
const POLL_MILLISECONDS = 60_000;

export interface WatchFileOptions {
  readonly clock: Clock;
  /** What the file held when it was last read. */
  readonly text: string;
  /**
   * Called with what the file holds when that is something else. While its promise lasts, no other call is made.
   * @returns milliseconds after which it is called with the same again, at most a minute; undefined: it has had its say
   */
  readonly onChange: (text: string) => Promise<number | undefined>;
  /** The file cannot be read. It is read again at the next change, or in a minute. */
  readonly onError: (error: unknown) => void;
}

/**
 * Follows what a file holds: by its folder, since files are replaced, links turned, and what was watched is gone then.
 * (apiserver/pkg/util/filesystem WatchUntil)
 * @returns stops it
 */
export function watchFile(path: string, { clock, text, onChange, onError }: WatchFileOptions): () => void {
  let last = text;
  let stopped = false;
  let reading = false;
  /** Since it began to be read. */
  let hasChanged = false;
  let cancel = (): void => undefined;
  const later = (milliseconds: number) => {
    cancel();
    if (!stopped) cancel = clock.after(milliseconds, look);
  };
  const look = async () => {
    reading = true;
    hasChanged = false;
    let again: number | undefined;
    try {
      const now = await readFile(path, "utf8");
      if (now !== last && !stopped) {
        again = await onChange(now);
        if (again === undefined) last = now;
      }
    } catch (error) {
      if (!stopped) onError(error);
    } finally {
      reading = false;
      later(hasChanged ? SETTLE_MILLISECONDS : Math.min(again ?? POLL_MILLISECONDS, POLL_MILLISECONDS));
    }
  };
  // Of a mounted ConfigMap the file is a link to ..data, which is what is replaced.
  const folder = watch(dirname(path), { persistent: false }, (_, name) => {
    if (name && name !== basename(path) && !name.startsWith("..")) return;
    if (reading) hasChanged = true;
    else later(SETTLE_MILLISECONDS);
  });
  folder.on("error", onError);
  later(POLL_MILLISECONDS);
  return () => {
    stopped = true;
    cancel();
    folder.close();
  };
}

import { once } from "node:events";
import { open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { type Clock, sleep } from "../../../../client/index.ts";
import type { LogOptions } from "../../runtime.ts";

const LOOK_MILLISECONDS = 200;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface LogSource {
  readonly path: string;
  readonly clock: Clock;
  /** Whether somebody still writes to it. */
  isOpen(): boolean;
}

/**
 * Copies a container's log without what the runtime adds to each line: `TIME STREAM TAG TEXT`, where tag P says that
 * the line goes on in the next entry. (staging/src/k8s.io/cri-client/pkg/logs/logs.go) @throws Error when there is none
 */
export async function readLog(
  { path, clock, isOpen }: LogSource,
  options: LogOptions,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  let file = await open(path);
  try {
    let position = options.tailLines === undefined ? 0 : await tailStart(file, options.tailLines);
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    let rest: Buffer = Buffer.alloc(0);
    let atLineStart = true;
    const buffer = Buffer.alloc(CHUNK_BYTES);
    while (!signal.aborted) {
      // Asked before reading: what was written before the end is read after it.
      const goesOn = options.follow && isOpen();
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) {
        // Rotation has put this one aside: all of it is read, so the next begins.
        const next = await successor(file, path);
        if (next) {
          await file.close();
          file = next;
          position = 0;
          continue;
        }
        if (!goesOn) return;
        await sleep(clock, LOOK_MILLISECONDS, signal);
        continue;
      }
      position += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        const entry = parseEntry(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        if (!entry || (options.since && entry.at < options.since)) continue;
        const prefix = options.timestamps && atLineStart ? `${entry.time} ` : "";
        const text = Buffer.concat([Buffer.from(prefix), entry.text, Buffer.from(entry.partial ? "" : "\n")]);
        atLineStart = !entry.partial;
        const piece = text.subarray(0, left);
        left -= piece.length;
        if (!output.write(piece)) await once(output, "drain", { signal }).catch(() => {}); // aborted: the loop ends
        if (left <= 0) return;
      }
    }
  } finally {
    await file.close();
  }
}

type File = Awaited<ReturnType<typeof open>>;

/** The file that has the path now, unless it is this one. */
async function successor(file: File, path: string): Promise<File | undefined> {
  const [own, current] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return current && current.ino !== own.ino ? open(path) : undefined;
}

interface Entry {
  readonly time: string;
  readonly at: Date;
  readonly partial: boolean;
  readonly text: Buffer;
}

/** undefined for what is no entry: a line that a full disk cut short must not hide those after it. */
export function parseEntry(line: Buffer): Entry | undefined {
  const afterTime = line.indexOf(" ");
  const afterStream = line.indexOf(" ", afterTime + 1);
  const afterTag = line.indexOf(" ", afterStream + 1);
  if (afterTime < 0 || afterStream < 0 || afterTag < 0) return undefined;
  const time = line.toString("latin1", 0, afterTime);
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return undefined;
  const [tag] = line.toString("latin1", afterStream + 1, afterTag).split(":");
  return { time, at, partial: tag === "P", text: line.subarray(afterTag + 1) };
}

/** Where the last `lines` entries begin. */
async function tailStart(file: File, lines: number): Promise<number> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let found = 0;
  // The newline at the very end closes the last entry and begins none.
  for (let end = size; end > 0; end -= Math.min(end, CHUNK_BYTES)) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] !== NEWLINE) continue;
      found += 1;
      if (found > lines) return start + at + 1;
    }
  }
  return 0;
}

import { sleep } from "../../../../client/index.ts";
import type { Process } from "../behaviour.ts";
import { type Commands, flagsOf, nameOf, pathOf, texts } from "./command.ts";

const NEWLINE = 10;
const FOLLOW_MILLISECONDS = 500;
const UNITS: Readonly<Record<string, number>> = { b: 512, k: 1024, m: 1024 * 1024 };

/** The first and the last of files. (busybox coreutils/{head,tail}.c) */
export const endCommands: Commands = {
  async head(process) {
    const { flags, rest } = flagsOf(withCounts(process.args), "nc");
    const wanted = amountOf(process, flags, "-");
    if (!wanted) return 1;
    const { isBytes, sign, count } = wanted;
    return each(process, flags, rest, (content) => {
      const all = isBytes ? content.length : starts(content).length;
      return content.subarray(0, offset(content, isBytes, sign ? Math.max(0, all - count) : count));
    });
  },
  async tail(process) {
    const { flags, rest } = flagsOf(withCounts(process.args), "ncs");
    const isFollowing = flags.has("f") || flags.has("F");
    if (isFollowing && rest[0] === "/dev/null") return forever(process.signal);
    const wanted = amountOf(process, flags, "+");
    if (!wanted) return 1;
    const { isBytes, sign, count } = wanted;
    let seen = 0;
    const code = await each(process, flags, rest, (content) => {
      seen = content.length;
      const all = isBytes ? content.length : starts(content).length;
      return content.subarray(offset(content, isBytes, sign ? Math.max(0, count - 1) : Math.max(0, all - count)));
    });
    return isFollowing ? follow(process, rest[0] ?? "-", seen) : code;
  },
};

/** `-3` and `+3` are how `-n 3` and `-n +3` were written once. */
function withCounts(args: readonly string[]): string[] {
  const [name = "", first = "", ...rest] = args;
  const count = /^(?:-(\d+[bkm]?)|(\+\d+[bkm]?))$/.exec(first);
  return count ? [name, `-n${count[1] ?? count[2]}`, ...rest] : [...args];
}

/** @param sign what may stand before a number and turns its meaning round @returns undefined when it is none */
function amountOf(process: Process, flags: ReadonlyMap<string, string>, sign: string) {
  const isBytes = flags.has("c");
  const text = flags.get(isBytes ? "c" : "n") ?? "10";
  const [, before = "", digits, unit = ""] = /^([-+]?)(\d+)([bkm]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    process.stderr.write(`${nameOf(process)}: invalid number '${text}'\n`);
    return undefined;
  }
  return { isBytes, sign: before === sign, count: Number(digits) * (UNITS[unit] ?? 1) };
}

/** Where lines begin. */
function starts(content: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < content.length; ) {
    found.push(at);
    const end = content.indexOf(NEWLINE, at);
    at = end < 0 ? content.length : end + 1;
  }
  return found;
}

/** Where the part after so many lines or bytes begins. */
function offset(content: Buffer, isBytes: boolean, count: number): number {
  return isBytes ? count : (starts(content)[count] ?? content.length);
}

async function each(
  process: Process,
  flags: ReadonlyMap<string, string>,
  paths: readonly string[],
  part: (content: Buffer) => Buffer,
): Promise<number> {
  const { texts: found, failed } = await texts(process, paths);
  const isTitled = flags.has("v") || (paths.length > 1 && !flags.has("q"));
  for (const [index, { path, content }] of found.entries()) {
    const title = path === "-" ? "standard input" : path;
    if (isTitled) process.stdout.write(`${index ? "\n" : ""}==> ${title} <==\n`);
    process.stdout.write(part(content));
  }
  return failed ? 1 : 0;
}

const forever = (signal: AbortSignal) =>
  new Promise<number>((resolve) => {
    if (signal.aborted) return resolve(143);
    signal.addEventListener("abort", () => resolve(143), { once: true });
  });

/** Prints what is added, as it is added. */
async function follow(process: Process, path: string, from: number): Promise<number> {
  let seen = from;
  while (!process.signal.aborted) {
    await sleep(process.clock, FOLLOW_MILLISECONDS, process.signal);
    const content = await process.files.read(pathOf(process, path)).catch(() => Buffer.alloc(0));
    if (content.length < seen) seen = 0;
    if (content.length > seen) process.stdout.write(content.subarray(seen));
    seen = content.length;
  }
  return 143;
}

import { createHash } from "node:crypto";
import type { Process } from "../behaviour.ts";
import { type Commands, flagsOf, nameOf, texts } from "./command.ts";

/** Digests of files. (busybox coreutils/md5_sha1_sum.c) */
export const digestCommands: Commands = Object.fromEntries(
  ["md5", "sha1", "sha256", "sha512"].map((algorithm) => [`${algorithm}sum`, (process) => digests(process, algorithm)]),
) satisfies Commands;

async function digests(process: Process, algorithm: string): Promise<number> {
  const { flags, rest } = flagsOf(process.args);
  if (flags.has("c")) {
    process.stderr.write(`${nameOf(process)}: -c is not simulated\n`);
    return 1;
  }
  const { texts: found, failed } = await texts(process, rest);
  for (const { path, content } of found)
    process.stdout.write(`${createHash(algorithm).update(content).digest("hex")}  ${path}\n`);
  return failed ? 1 : 0;
}

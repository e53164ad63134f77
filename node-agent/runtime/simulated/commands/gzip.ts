import { gunzipSync, gzipSync } from "node:zlib";
import type { Process } from "../behaviour.ts";
import { FileError } from "../files/node.ts";
import { type Commands, flagsOf, input, nameOf, pathOf } from "./command.ts";

const SUFFIX = ".gz";

/** What is wrong with an archive, as busybox words it. */
export class GzipError extends Error {}

/** @throws GzipError when it is no gzip data */
export function gunzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    throw new GzipError("invalid magic");
  }
}

/** Packs or unpacks files in place, or standard input; `-c` writes to standard output. (busybox) */
async function gzip(process: Process, alias: "" | "d" | "dc"): Promise<number> {
  const { flags, rest } = flagsOf(process.args);
  const unpacks = alias.includes("d") || flags.has("d");
  const toStdout = alias.includes("c") || flags.has("c");
  const change = unpacks ? gunzip : (bytes: Buffer) => gzipSync(bytes);
  let code = 0;
  for (const path of rest.length > 0 ? rest : ["-"]) {
    try {
      if (path === "-") process.stdout.write(change(await input(process)));
      else {
        const at = pathOf(process, path);
        if (unpacks && !toStdout && !path.endsWith(SUFFIX)) throw new GzipError("unknown suffix, ignored");
        const content = change(await process.files.read(at));
        if (toStdout) process.stdout.write(content);
        else {
          await process.files.write(unpacks ? at.slice(0, -SUFFIX.length) : at + SUFFIX, content);
          if (!flags.has("k")) await process.files.remove(at);
        }
      }
    } catch (error) {
      if (!(error instanceof FileError || error instanceof GzipError)) throw error;
      process.stderr.write(`${nameOf(process)}: ${path === "-" ? "" : `${path}: `}${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

export const gzipCommands: Commands = {
  gzip: (process) => gzip(process, ""),
  gunzip: (process) => gzip(process, "d"),
  zcat: (process) => gzip(process, "dc"),
};

import { buffer } from "node:stream/consumers";
import type { Process, Program } from "../behaviour.ts";
import { normalize } from "../files/file-system.ts";
import { FileError } from "../files/node.ts";

/** A path as a process means it. */
export const pathOf = ({ cwd }: Process, path: string): string => normalize(path, cwd);

/** Flags of one letter, and the rest. `--` ends the flags. @param valued letters that take a value */
export function flagsOf(args: readonly string[], valued = ""): { flags: Map<string, string>; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (!/^-[^-]/.test(arg)) rest.push(arg);
    else {
      for (let letter = 1; letter < arg.length; letter++) {
        const name = arg[letter] ?? "";
        if (valued.includes(name)) {
          flags.set(name, arg.slice(letter + 1) || (args[++at] ?? ""));
          break;
        }
        flags.set(name, "");
      }
    }
  }
  return { flags, rest };
}

/** All of standard input. */
export const input = async ({ stdin }: Process): Promise<Buffer> => (stdin ? buffer(stdin) : Buffer.alloc(0));

/** The text of the files named, or of standard input. Files that cannot be read are reported, with `failed` set. */
export async function texts(
  process: Process,
  paths: readonly string[],
): Promise<{ texts: { path: string; content: Buffer }[]; failed: boolean }> {
  if (paths.length === 0) return { texts: [{ path: "-", content: await input(process) }], failed: false };
  const found: { path: string; content: Buffer }[] = [];
  let failed = false;
  for (const path of paths) {
    try {
      const content = path === "-" ? await input(process) : await process.files.read(pathOf(process, path));
      found.push({ path, content });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const verb = error.code === "EISDIR" ? "read error" : `can't open '${path}'`;
      process.stderr.write(`${nameOf(process)}: ${verb}: ${error.message}\n`);
      failed = true;
    }
  }
  return { texts: found, failed };
}

export const nameOf = ({ args }: Process): string => args[0]?.split("/").pop() ?? "";

/** Does something to every path; those that fail are reported, and make the exit code 1. */
export async function each(
  process: Process,
  paths: readonly string[],
  what: (path: string) => string,
  act: (path: string) => Promise<void>,
): Promise<number> {
  let code = 0;
  for (const path of paths) {
    try {
      await act(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      process.stderr.write(`${nameOf(process)}: ${what(path)}: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

/** Lines without their newlines; a newline at the end makes no line of its own. */
export function linesOf(content: Buffer | string): string[] {
  const lines = content.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A command by its name. */
export type Commands = Readonly<Record<string, Program>>;

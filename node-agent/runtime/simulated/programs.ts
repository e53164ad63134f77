import { agnhost } from "./agnhost/agnhost.ts";
import type { Process, Program } from "./behaviour.ts";
import { awk } from "./commands/awk/awk.ts";
import type { Commands } from "./commands/command.ts";
import { dd } from "./commands/dd.ts";
import { digestCommands } from "./commands/digests.ts";
import { endCommands } from "./commands/ends.ts";
import { fileCommands } from "./commands/files.ts";
import { gzipCommands } from "./commands/gzip.ts";
import { networkCommands } from "./commands/network/network-commands.ts";
import { systemCommands } from "./commands/system.ts";
import { tar } from "./commands/tar.ts";
import { test } from "./commands/test.ts";
import { textCommands } from "./commands/text.ts";
import { xargs } from "./commands/xargs.ts";
import { serve } from "./serve.ts";
import { sh } from "./shell/sh.ts";

/** A program that ends on SIGTERM, as servers do. */
export function native(program: Program): Program {
  return ({ terminate, ...process }) =>
    program(terminate ? { ...process, signal: AbortSignal.any([process.signal, terminate]) } : process);
}

/** What every image with a shell has, by name. */
export const commands: Commands = {
  ...textCommands,
  ...endCommands,
  ...digestCommands,
  xargs,
  ...fileCommands,
  ...systemCommands,
  ...networkCommands,
  ...gzipCommands,
  test,
  "[": test,
  awk,
  dd,
  tar,
  sh,
  ash: sh,
  bash: sh,
  serve: native(serve),
};

/** Programs that images name as `builtin:NAME`. */
const builtins: Commands = {
  agnhost: native(agnhost),
  serve: native(serve),
  // What entrypoints come to that prepare something first: a shell would stay, and with thousands of Pods that is felt.
  exec: async ({ args: [, ...rest], run, ...process }) => (rest.length > 0 ? run({ ...process, run, args: rest }) : 0),
  // Its file belongs to root and has the set-user-id bit.
  async nonewprivs({ privileges, files, stdout }) {
    stdout.write(`Effective uid: ${privileges.escalation ? 0 : files.identity.uid}\n`);
    return 0;
  },
};

/** What `builtin:` may be followed by. */
export const builtinNames: readonly string[] = Object.keys(builtins);

const nameOf = (word: string) => word.split("/").pop() ?? "";

/** The program behind the first word of a command, if the container has one. */
export async function findProgram({ args, image, files, cwd }: Process): Promise<Program | undefined> {
  const [word = ""] = args;
  const name = nameOf(word);
  const own = image?.programs?.[word] ?? image?.programs?.[name];
  if (own?.startsWith("builtin:")) return builtins[own.slice("builtin:".length)];
  if (own !== undefined) return native((process) => sh({ ...process, args: ["sh", "-c", own, ...process.args] }));
  if (word.includes("/")) {
    const path = word.startsWith("/") ? word : `${cwd}/${word}`;
    const node = await files.stat(path).catch(() => undefined);
    // The image's own commands are files too, without content.
    if (node?.type === "file" && node.content.length > 0) return script(path, node.mode);
  }
  return image?.shell !== false && Object.hasOwn(commands, name) ? commands[name] : undefined;
}

const script = (path: string, mode: number) => async (process: Process) => {
  if ((mode & 0o111) === 0) {
    process.stderr.write(`sh: ${path}: Permission denied\n`);
    return 126;
  }
  return sh({ ...process, args: ["sh", path, ...process.args.slice(1)] });
};

/** Runs a command by name. 127 when there is none, as shells answer; what goes wrong in it is told, and ends it alone. */
export const runProgram: Program = async (process) => {
  const program = await findProgram(process);
  if (!program) {
    process.stderr.write(`sh: ${process.args[0]}: not found\n`);
    return 127;
  }
  try {
    return await program(process);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`${nameOf(process.args[0] ?? "")}: ${error.message}\n`);
    return 1;
  }
};

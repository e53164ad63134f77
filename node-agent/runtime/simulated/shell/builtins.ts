import { normalize } from "../files/file-system.ts";
import { evaluate } from "./arithmetic.ts";
import { Break, Continue, Exit, Return } from "./control.ts";
import { getopts } from "./getopts.ts";
import { isReserved, parse } from "./parser.ts";
import { processBuiltins } from "./process-builtins.ts";
import { readLine } from "./read-line.ts";
import { collector } from "./redirections.ts";
import type { Builtin, ShellState } from "./state.ts";
import { ScriptError } from "./syntax.ts";

const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text) || 0);

export const builtins: Readonly<Record<string, Builtin>> = {
  ...processBuiltins,
  getopts,
  ":": () => 0,
  "[[": (shell, args, streams) => shell.execute(["test", ...args.slice(0, -1)], streams),
  async cd(shell, [to], { stderr }) {
    const path = normalize(to ?? (shell.get("HOME") || "/root"), shell.cwd);
    const node = await shell.files.stat(path).catch(() => undefined);
    if (node?.type !== "directory") {
      stderr.write(`${shell.name}: cd: can't cd to ${to}: ${node ? "Not a directory" : "No such file or directory"}\n`);
      return 2;
    }
    shell.cwd = path;
    shell.set("PWD", path);
    return 0;
  },
  pwd(shell, _args, { stdout }) {
    stdout.write(`${shell.cwd}\n`);
    return 0;
  },
  export(shell, args, { stdout }) {
    for (const each of args.filter((arg) => arg !== "-p")) {
      const at = each.indexOf("=");
      if (at >= 0) shell.set(each.slice(0, at), each.slice(at + 1));
      shell.exported.add(at < 0 ? each : each.slice(0, at));
    }
    if (args.length === 0)
      for (const name of [...shell.exported].sort()) stdout.write(`export ${name}='${shell.get(name)}'\n`);
    return 0;
  },
  local(shell, args) {
    for (const each of args) {
      const at = each.indexOf("=");
      if (at >= 0) shell.set(each.slice(0, at), each.slice(at + 1));
    }
    return 0;
  },
  readonly: (shell, args, streams) => builtins.local?.(shell, args, streams) ?? 0,
  unset(shell, args) {
    for (const name of args.filter((arg) => !arg.startsWith("-"))) {
      shell.variables.delete(name);
      shell.exported.delete(name);
      shell.functions.delete(name);
    }
    return 0;
  },
  set(shell, args) {
    for (let at = 0; at < args.length; at++) {
      const arg = args[at] ?? "";
      if (!/^[-+]./.test(arg) || arg === "--") {
        shell.arguments = args.slice(arg === "--" ? at + 1 : at);
        return 0;
      }
      const change = (name: string) => (arg[0] === "-" ? shell.options.add(name) : shell.options.delete(name));
      for (const letter of arg.slice(1)) change(letter === "o" ? (args[++at] ?? "") : letter);
    }
    return 0;
  },
  shift(shell, [count]) {
    shell.arguments = shell.arguments.slice(number(count, 1));
    return 0;
  },
  exit(shell, [code]) {
    throw new Exit(number(code, shell.status) & 255);
  },
  return(shell, [code]) {
    throw new Return(number(code, shell.status) & 255);
  },
  break(_shell, [levels]) {
    throw new Break(number(levels, 1));
  },
  continue(_shell, [levels]) {
    throw new Continue(number(levels, 1));
  },
  trap(shell, [action, ...signals]) {
    for (const signal of signals) {
      const name = signal === "0" ? "EXIT" : signal === "15" ? "TERM" : signal.replace(/^SIG/, "");
      if (action === "-" || action === undefined) shell.traps.delete(name);
      else shell.traps.set(name, action);
    }
    return 0;
  },
  async eval(shell, args, streams) {
    await shell.run(parse(args.join(" ")), streams);
    return shell.status;
  },
  async "."(shell, [path], streams) {
    const text = await shell.files.read(normalize(path ?? "", shell.cwd)).catch(() => undefined);
    if (!text) throw new ScriptError(`.: can't open '${path}': No such file or directory`);
    await shell.run(parse(text.toString("utf8")), streams);
    return shell.status;
  },
  source: (shell, args, streams) => builtins["."]?.(shell, args, streams) ?? 0,
  async exec(shell, args, streams) {
    if (args.length === 0) return 0;
    throw new Exit(await shell.execute(args, streams));
  },
  async command(shell, args, streams) {
    if (args[0] !== "-v") return shell.execute(args, streams);
    const name = args[1] ?? "";
    if (Object.hasOwn(builtins, name) || shell.functions.has(name)) {
      streams.stdout.write(`${name}\n`);
      return 0;
    }
    return shell.execute(["which", name], streams);
  },
  async type(shell, names, { stdout }) {
    let code = 0;
    for (const name of names) {
      const kind = await kindOf(shell, name);
      stdout.write(kind ? `${name} is ${kind}\n` : `${name}: not found\n`);
      if (!kind) code = 127;
    }
    return code;
  },
  let(shell, args) {
    let value = "0";
    for (const arg of args) value = evaluate(arg, shell);
    return value === "0" ? 1 : 0;
  },
  async read(shell, args, { stdin }) {
    const names = args.filter((arg) => !arg.startsWith("-"));
    const line = stdin ? await readLine(stdin) : undefined;
    const raw = args.includes("-r") ? (line ?? "") : (line ?? "").replaceAll(/\\(.)/g, "$1");
    const words = raw.trim().split(/[ \t]+/);
    const into = names.length > 0 ? names : ["REPLY"];
    for (const [index, name] of into.entries()) {
      const last = index === into.length - 1;
      shell.set(name, last ? words.slice(index).join(" ") : (words[index] ?? ""));
    }
    return line === undefined ? 1 : 0;
  },
};

/** (busybox shell/ash.c describe_command) @returns undefined when nothing has that name */
async function kindOf(shell: ShellState, name: string): Promise<string | undefined> {
  if (isReserved(name)) return "a shell keyword";
  if (shell.functions.has(name)) return "a function";
  if (Object.hasOwn(builtins, name)) return "a shell builtin";
  const { stream, text } = collector();
  const code = await shell.execute(["which", name], { stdin: undefined, stdout: stream, stderr: stream });
  return code === 0 ? text().trim() : undefined;
}

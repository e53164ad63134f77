import type { ShellState } from "./state.ts";
import { ScriptError } from "./syntax.ts";

/** What `$name` stands for: a special parameter, an argument or a variable. @throws ScriptError with `set -u` */
export function parameterOf(shell: ShellState, name: string): string | undefined {
  switch (name) {
    case "?":
      return String(shell.status);
    case "#":
      return String(shell.arguments.length);
    case "@":
    case "*":
      return shell.arguments.join(" ");
    case "$":
      return "1";
    case "!":
      return String(shell.jobs.last ?? "");
    case "-":
      return [...shell.options].join("");
    case "0":
      return shell.name;
    case "RANDOM":
      return String(Math.floor(shell.process.random() * 32768));
    case "PWD":
      return shell.cwd;
    default: {
      const value = /^\d+$/.test(name) ? shell.arguments[Number(name) - 1] : shell.variables.get(name);
      if (value === undefined && shell.options.has("u")) throw new ScriptError(`${name}: parameter not set`);
      return value;
    }
  }
}

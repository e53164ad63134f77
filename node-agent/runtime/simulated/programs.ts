import { once } from "node:events";
import { sleep } from "../../../client/index.ts";
import type { Process, Program } from "./behaviour.ts";

/** Runs until it is told to stop, and then ends as a server does that handles SIGTERM. */
const serve: Program = async ({ signal }) => {
  if (!signal.aborted) await once(signal, "abort");
  return 0;
};

/** `sleep 5`, `sleep 1m 30s`, `sleep infinity`. */
const sleepProgram: Program = async ({ args, clock, signal, stderr }) => {
  let seconds = 0;
  for (const word of args.slice(1)) {
    const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word) ?? [];
    if (/^inf(inity)?$/.test(word)) seconds = Number.POSITIVE_INFINITY;
    else if (number === undefined) {
      stderr.write(`sleep: invalid number '${word}'\n`);
      return 1;
    } else seconds += Number(number) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit || "s"] ?? 1);
  }
  if (seconds === Number.POSITIVE_INFINITY) {
    if (!signal.aborted) await once(signal, "abort");
  } else await sleep(clock, seconds * 1000, signal);
  // A process without a handler is killed by the signal itself.
  return signal.aborted ? 128 + Number(signal.reason ?? 15) : 0;
};

const echo: Program = async ({ args, stdout }) => {
  const bare = args[1] === "-n";
  stdout.write(`${args.slice(bare ? 2 : 1).join(" ")}${bare ? "" : "\n"}`);
  return 0;
};

const env: Program = async ({ env: variables, stdout }) => {
  for (const [name, value] of Object.entries(variables)) stdout.write(`${name}=${value}\n`);
  return 0;
};

const cat: Program = async ({ args, stdin, stdout, stderr }) => {
  if (args.length > 1) {
    for (const file of args.slice(1)) stderr.write(`cat: can't open '${file}': No such file or directory\n`);
    return 1;
  }
  if (stdin) for await (const chunk of stdin) stdout.write(chunk);
  return 0;
};

/** Programs by the last path element of their name. */
export const programs: Readonly<Record<string, Program>> = {
  true: async () => 0,
  false: async () => 1,
  pause: serve,
  nginx: serve,
  sleep: sleepProgram,
  echo,
  env,
  cat,
  hostname: async ({ hostname, stdout }) => {
    stdout.write(`${hostname}\n`);
    return 0;
  },
  date: async ({ clock, stdout }) => {
    stdout.write(`${clock.now().toUTCString()}\n`);
    return 0;
  },
  sh: shell,
  bash: shell,
  ash: shell,
};

/** Splits at `;`, `&&`, `||` and blanks, with quotes, and puts variables in: what one-line scripts in manifests use. */
function words(script: string, variables: Readonly<Record<string, string>>): string[] {
  const result: string[] = [];
  const token = /\s*(&&|\|\||;|\n|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|'"\\]|[&|](?![&|]))+)/y;
  while (token.lastIndex < script.length) {
    const at = token.lastIndex;
    const match = token.exec(script);
    if (!match) {
      token.lastIndex = at + 1;
      if (at + 1 >= script.length) break;
      continue;
    }
    const word = match[1] ?? "";
    result.push(
      /^(&&|\|\||;|\n)$/.test(word)
        ? `\0${word}`
        : word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^'"\\]+)/g, (_, single, double, escaped, plain) => {
            if (single !== undefined) return single;
            if (escaped !== undefined) return escaped;
            return String(double ?? plain).replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (__, a, b) => variables[a ?? b] ?? "");
          }),
    );
  }
  return result;
}

/** `sh -c SCRIPT`: a list of simple commands. Anything richer answers as a shell does that finds no such command. */
async function shell(process: Process): Promise<number> {
  const script = process.args[1] === "-c" ? (process.args[2] ?? "") : undefined;
  if (script === undefined) {
    if (!process.stdin) return 0;
    let code = 0;
    let rest = "";
    for await (const chunk of process.stdin) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const exit = /^\s*exit\s*(\d*)/.exec(line);
        if (exit) return Number(exit[1] || code);
        code = await list(line, process);
      }
    }
    return rest.trim() ? list(rest, process) : code;
  }
  return list(script, process);
}

async function list(script: string, process: Process): Promise<number> {
  let code = 0;
  let command: string[] = [];
  let run = true;
  for (const word of [...words(script, process.env), "\0;"]) {
    if (!word.startsWith("\0")) {
      command.push(word);
      continue;
    }
    if (run && command.length) {
      if (command[0] === "exit") return Number(command[1] ?? code);
      code = await runProgram({ ...process, args: command });
      if (process.signal.aborted) return code;
    }
    command = [];
    run = word === "\0&&" ? code === 0 : word === "\0||" ? code !== 0 : true;
  }
  return code;
}

/** Runs a command by name. 127 when there is none, as shells answer. */
export async function runProgram(process: Process): Promise<number> {
  const name = process.args[0]?.split("/").pop() ?? "";
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (program) return program(process);
  process.stderr.write(`sh: ${process.args[0]}: not found\n`);
  return 127;
}

export const hasProgram = (name: string): boolean => Object.hasOwn(programs, name.split("/").pop() ?? "");
export const serveProgram: Program = serve;

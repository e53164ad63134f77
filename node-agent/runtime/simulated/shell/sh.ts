import { sleep } from "../../../../client/index.ts";
import type { Process } from "../behaviour.ts";
import { normalize } from "../files/file-system.ts";
import { FileError } from "../files/node.ts";
import { Exit } from "./control.ts";
import { parse } from "./parser.ts";
import { readLine } from "./read-line.ts";
import { Shell } from "./shell.ts";
import { ScriptError } from "./syntax.ts";

const SIGINT = 130;

/** `sh -c SCRIPT [NAME ARGUMENT…]`, `sh FILE [ARGUMENT…]`, or what comes in at standard input. */
export async function sh(process: Process): Promise<number> {
  const [program = "sh", ...words] = process.args;
  const options: string[] = [];
  let commands = false;
  while (/^[-+][a-zA-Z]/.test(words[0] ?? "")) {
    const word = words.shift() ?? "";
    for (const letter of word.slice(1)) {
      if (letter === "c") commands = true;
      else if (letter === "o") options.push(words.shift() ?? "");
      else if (letter !== "l" && letter !== "i") options.push(letter);
    }
  }
  const make = (name: string, args: readonly string[]) => {
    const shell = new Shell(process, name, args);
    for (const option of options) shell.options.add(option);
    return shell;
  };
  if (commands) {
    const [script = "", name = program, ...args] = words;
    return make(name, args).script(script);
  }
  const [file, ...args] = words;
  if (file !== undefined) {
    try {
      const text = await process.files.read(normalize(file, process.cwd));
      return await make(file, args).script(text.toString("utf8"));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      process.stderr.write(`${program}: can't open '${file}': ${error.message}\n`);
      return 2;
    }
  }
  return interactive(make(program, []));
}

/** Line by line; a command that is not complete yet takes more lines. Prompts when somebody sits at it. */
async function interactive(shell: Shell): Promise<number> {
  const { process } = shell;
  const { stdin, stdout, stderr, signal, terminal } = process;
  if (!stdin) return 0;
  const prompt = (text: string) => terminal && stdout.write(text);
  const sign = process.files.identity.uid === 0 ? "#" : "$";
  let script = "";
  const gone = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    prompt(script ? "> " : `${shell.cwd} ${sign} `);
    terminal?.onInterrupt(() => {
      script = "";
      stdout.write("\n");
      prompt(`${shell.cwd} ${sign} `);
    });
    const line = await Promise.race([readLine(stdin), gone]);
    if (signal.aborted) return 128 + Number(signal.reason ?? 15);
    if (line === undefined) {
      if (script) stderr.write(`${shell.name}: syntax error: unexpected end of file\n`);
      prompt("\n");
      return shell.status;
    }
    script += script ? `\n${line}` : line;
    try {
      const command = parse(script);
      script = "";
      await interruptible(shell, command);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      if (!(error instanceof ScriptError)) throw error;
      if (/unterminated|unexpected end of file/.test(error.message) && !stdin.readableEnded) continue;
      stderr.write(`${shell.name}: ${error.message}\n`);
      shell.status = 2;
      script = "";
    }
    // Without a terminal a long script must not keep others waiting.
    await sleep(process.clock, 0);
  }
}

/** Control-C ends what runs, not the shell. */
async function interruptible(shell: Shell, command: ReturnType<typeof parse>): Promise<void> {
  const { process } = shell;
  if (!process.terminal) return shell.run(command, process);
  const aborted = new AbortController();
  process.terminal.onInterrupt(() => {
    process.stdout.write("\n");
    aborted.abort(2);
  });
  const inner = shell.withSignal(AbortSignal.any([process.signal, aborted.signal]));
  try {
    await inner.run(command, process);
  } catch (error) {
    if (!(aborted.signal.aborted && error instanceof Exit)) throw error;
    inner.status = SIGINT;
  }
  shell.takeOver(inner);
}

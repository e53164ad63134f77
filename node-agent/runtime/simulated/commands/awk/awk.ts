import type { Process } from "../../behaviour.ts";
import { linesOf, texts } from "../command.ts";
import { readEscapes } from "../printf.ts";
import { Interpreter } from "./interpreter.ts";
import { Next } from "./jumps.ts";
import { parseAwk } from "./parse.ts";
import { AwkError, type Rule } from "./syntax.ts";

/** awk, without functions of one's own, ranges and output to files. */
export async function awk(process: Process): Promise<number> {
  const words = process.args.slice(1);
  const settings: [string, string][] = [];
  while (/^-[Fv]/.test(words[0] ?? "")) {
    const word = words.shift() ?? "";
    const value = word.slice(2) || (words.shift() ?? "");
    const at = value.indexOf("=");
    settings.push(word[1] === "F" ? ["FS", value === "t" ? "\t" : value] : [value.slice(0, at), value.slice(at + 1)]);
  }
  const program = words.shift();
  if (program === undefined) {
    process.stderr.write("awk: no program text\n");
    return 1;
  }
  try {
    const rules = parseAwk(program);
    const interpreter = new Interpreter(process.stdout, process.random);
    for (const [name, value] of settings) interpreter.set(name, readEscapes(value));
    return await run(process, interpreter, rules, words);
  } catch (error) {
    if (!(error instanceof AwkError)) throw error;
    process.stderr.write(`awk: cmd. line:1: ${error.message}\n`);
    return 1;
  }
}

async function run(
  process: Process,
  interpreter: Interpreter,
  rules: readonly Rule[],
  paths: readonly string[],
): Promise<number> {
  const of = (kind: "BEGIN" | "END") => rules.filter(({ pattern }) => pattern === kind);
  const each = rules.filter(({ pattern }) => pattern !== "BEGIN" && pattern !== "END");
  let failed = false;
  interpreter.attempt(() => {
    for (const { body } of of("BEGIN")) interpreter.run(body);
  });
  if (!interpreter.isOver && (each.length > 0 || of("END").length > 0)) {
    const { texts: found, failed: some } = await texts(process, paths);
    failed = some;
    for (const line of found.flatMap(({ content }) => linesOf(content))) {
      if (interpreter.isOver) break;
      interpreter.take(line);
      interpreter.attempt(() => oneLine(interpreter, each));
    }
  }
  interpreter.finish(() => {
    for (const { body } of of("END")) interpreter.run(body);
  });
  return interpreter.exitCode || (failed ? 2 : 0);
}

function oneLine(interpreter: Interpreter, rules: readonly Rule[]): void {
  try {
    for (const { pattern, body } of rules) {
      if (typeof pattern === "object" && !interpreter.holds(pattern)) continue;
      interpreter.run(body);
    }
  } catch (error) {
    if (!(error instanceof Next)) throw error;
  }
}

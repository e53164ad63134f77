import type { Process } from "../behaviour.ts";
import { input } from "./command.ts";

/** Runs a command with words of the input as arguments. (busybox findutils/xargs.c) */
export async function xargs(process: Process): Promise<number> {
  const { most, by, nul, quiet, command } = optionsOf(process.args);
  const text = (await input(process)).toString("utf8");
  const words = nul ? text.split("\0").filter(Boolean) : by ? lines(text) : wordsOf(text);
  if (words.length === 0 && (quiet || by)) return 0;
  const batches = by ? words.map((word) => [word]) : inBatches(words, most);
  let code = 0;
  for (const batch of batches) {
    const args = by ? command.map((arg) => arg.replaceAll(by, batch[0] ?? "")) : [...command, ...batch];
    const exit = await process.run({ ...process, args, stdin: undefined });
    if (exit === 126 || exit === 127) return exit;
    if (exit !== 0) code = 123;
  }
  return code;
}

function optionsOf(args: readonly string[]) {
  let most: number | undefined;
  let by: string | undefined;
  let nul = false;
  let quiet = false;
  let at = 1;
  for (; args[at]?.startsWith("-"); at++) {
    const [, name = "", value = ""] = /^-(.)(.*)$/.exec(args[at] ?? "") ?? [];
    if (name === "n") most = Number(value || args[++at]);
    else if (name === "I") by = value || args[++at];
    else if (name === "0") nul = true;
    else if (name === "r") quiet = true;
  }
  const command = args.slice(at);
  return { most, by, nul, quiet, command: command.length > 0 ? command : ["echo"] };
}

function inBatches(words: readonly string[], most: number | undefined): string[][] {
  if (!most || words.length === 0) return [[...words]];
  const batches: string[][] = [];
  for (let at = 0; at < words.length; at += most) batches.push(words.slice(at, at + most));
  return batches;
}

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trimStart())
    .filter(Boolean);

/** Words in quotes are one; a backslash takes the next sign as it is. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|\\[\s\S]|[^\s"'\\])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'|\\([\s\S])/g, (_, double, single, plain) => double ?? single ?? plain),
  );
}

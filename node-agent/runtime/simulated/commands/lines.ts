import type { Process } from "../behaviour.ts";
import { type Commands, flagsOf, linesOf, texts } from "./command.ts";

/** The most that `yes` says: whoever takes the first lines has taken them by then. */
const YES_LINES = 10_000;

/** Commands that put lines in another order or form. (busybox coreutils, textutils, util-linux) */
export const lineCommands: Commands = {
  tac: (process) => changed(process, (lines) => [...lines].reverse()),
  rev: (process) => changed(process, (lines) => lines.map((line) => [...line].reverse().join(""))),
  nl: (process) =>
    changed(process, (lines) => {
      let number = 0;
      return lines.map((line) => (line === "" ? "       " : `${String(++number).padStart(6)}\t${line}`));
    }),
  fold: (process) => {
    const width = Number(flagsOf(process.args, "w").flags.get("w") ?? 80);
    return changed(process, (lines) => lines.flatMap((line) => (line === "" ? [""] : pieces(line, width))), "w");
  },
  async paste(process) {
    const { flags, rest } = flagsOf(process.args, "d");
    const { texts: found, failed } = await texts(process, rest);
    if (failed) return 1;
    const input = found.find(({ path }) => path === "-")?.content ?? "";
    const delimiters = [...(flags.get("d") ?? "\t").replaceAll("\\n", "\n").replaceAll("\\t", "\t")];
    // `-` twice takes turns at the same input.
    const inputs = rest.filter((path) => path === "-").length;
    let turn = 0;
    const files = found.map(({ path, content }) => {
      if (path !== "-" || inputs === 0) return linesOf(content);
      const mine = turn++;
      return linesOf(input).filter((_, index) => index % inputs === mine);
    });
    const longest = Math.max(...files.map((lines) => lines.length));
    const rows = flags.has("s")
      ? files
      : Array.from({ length: longest }, (_, index) => files.map((lines) => lines[index] ?? ""));
    for (const row of rows) process.stdout.write(`${joined(row, delimiters)}\n`);
    return 0;
  },
  async yes({ args, stdout }) {
    const line = args.slice(1).join(" ") || "y";
    stdout.write(`${line}\n`.repeat(YES_LINES));
    return 0;
  },
};

async function changed(
  process: Process,
  change: (lines: readonly string[]) => readonly string[],
  valued = "",
): Promise<number> {
  const { texts: found, failed } = await texts(process, flagsOf(process.args, valued).rest);
  for (const { content } of found)
    process.stdout.write(
      change(linesOf(content))
        .map((line) => `${line}\n`)
        .join(""),
    );
  return failed ? 1 : 0;
}

const pieces = (line: string, width: number) =>
  Array.from({ length: Math.ceil(line.length / width) }, (_, at) => line.slice(at * width, (at + 1) * width));

const joined = (parts: readonly string[], delimiters: readonly string[]) =>
  parts.reduce((text, part, index) => text + (delimiters[(index - 1) % delimiters.length] ?? "") + part);

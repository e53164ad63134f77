import type { Process } from "../behaviour.ts";
import { flagsOf } from "./command.ts";

/** (busybox coreutils/seq.c) */
export async function seq({ args, stdout, stderr, signal }: Process): Promise<number> {
  const { flags, rest } = flagsOf(args.map(shielded), "s");
  const words = rest.map((word) => word.replace(SHIELD, "-"));
  const wrong = words.find((word) => word === "" || Number.isNaN(Number(word)));
  if (words.length === 0 || words.length > 3 || wrong !== undefined) {
    stderr.write(wrong === undefined ? "seq: missing operand\n" : `seq: invalid number '${wrong}'\n`);
    return 1;
  }
  const numbers = words.map(Number);
  const last = numbers.at(-1) ?? 1;
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  if (step === 0) return 0;
  // As many digits behind the point as the longest of what was given has.
  const digits = Math.max(...words.map((word) => word.split(".")[1]?.length ?? 0));
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  const width = flags.has("w") ? Math.max(...[first, last].map((value) => value.toFixed(digits).length)) : 0;
  const separator = flags.get("s") ?? "\n";
  // In parts: a long row must not keep the agent from other work.
  for (let from = 0; from < count && !signal.aborted; from += PART) {
    const part = Array.from({ length: Math.min(PART, count - from) }, (_, at) =>
      padded((first + (from + at) * step).toFixed(digits), width),
    );
    stdout.write(`${from > 0 ? separator : ""}${part.join(separator)}`);
    await new Promise(setImmediate);
  }
  if (count > 0) stdout.write("\n");
  return 0;
}

const PART = 10_000;

/** Stands for the sign of a number, which is no flag. */
const SHIELD = "\0";

const shielded = (word: string) => word.replace(/^-(?=[\d.])/, SHIELD);

const padded = (text: string, width: number) =>
  text.startsWith("-") ? `-${text.slice(1).padStart(width - 1, "0")}` : text.padStart(width, "0");

import type { Process } from "../behaviour.ts";
import { flagsOf, linesOf, pathOf, texts } from "./command.ts";

/** A field and a character in it, both from 1, and letters of flags. */
interface Place {
  readonly field: number;
  readonly character: number | undefined;
  readonly flags: string;
}

interface Key {
  readonly from: Place;
  readonly to: Place | undefined;
  /** Letters of flags: the key's own, or those of the command. */
  readonly flags: string;
}

/** (busybox coreutils/sort.c) */
export async function sort(process: Process): Promise<number> {
  const { flags, rest } = flagsOf(process.args, "tko");
  const global = [...flags.keys()].join("");
  const keys: Key[] = [];
  // Each of several keys counts, so they are read here once more.
  for (const [index, arg] of process.args.entries()) {
    const text = /^-[bdfghiMnrsuz]*k(.*)$/.exec(arg)?.[1];
    if (text === undefined) continue;
    const key = keyOf(text || (process.args[index + 1] ?? ""), global);
    if (!key) {
      process.stderr.write(`sort: bad field specification\n`);
      return 2;
    }
    keys.push(key);
  }
  const { texts: found, failed } = await texts(process, rest);
  const lines = found.flatMap(({ content }) => linesOf(content));
  const by = keys.length > 0 ? keys : [{ from: { field: 1, character: 1, flags: "" }, to: undefined, flags: global }];
  const compare = (a: string, b: string) => {
    for (const key of by) {
      const order = ordered(part(a, key, flags.get("t")), part(b, key, flags.get("t")), key.flags);
      if (order !== 0) return key.flags.includes("r") ? -order : order;
    }
    return 0;
  };
  // Of equal keys whole lines decide, unless these were asked to stay as they are.
  const last = (a: string, b: string) =>
    flags.has("s") || flags.has("u") ? 0 : texted(a, b) * (flags.has("r") ? -1 : 1);
  lines.sort((a, b) => compare(a, b) || last(a, b));
  const kept = flags.has("u")
    ? lines.filter((line, index) => index === 0 || compare(lines[index - 1] ?? "", line))
    : lines;
  const text = kept.map((line) => `${line}\n`).join("");
  const file = flags.get("o");
  if (file === undefined) process.stdout.write(text);
  else await process.files.write(pathOf(process, file), Buffer.from(text));
  return failed ? 2 : 0;
}

/** `2`, `2,3`, `2.1n,2.4r` */
function keyOf(text: string, global: string): Key | undefined {
  const [from, to] = text.split(",").map((each): Place | undefined => {
    const [, field, character, flags = ""] = /^(\d+)(?:\.(\d+))?([bdfghiMnr]*)$/.exec(each) ?? [];
    if (field === undefined || Number(field) === 0) return undefined;
    return { field: Number(field), character: character === undefined ? undefined : Number(character), flags };
  });
  if (!from || (text.includes(",") && !to)) return undefined;
  const own = from.flags + (to?.flags ?? "");
  return { from, to, flags: own || global };
}

/** What of a line a key is about. */
function part(line: string, { from, to, flags }: Key, separator: string | undefined): string {
  const begin = starts(line, separator);
  const start = (begin[from.field - 1] ?? line.length) + (from.character ?? 1) - 1;
  // Without a character a field counts to its end.
  const next = to && begin[to.field];
  const untilField = next === undefined ? line.length : next - (separator === undefined ? 0 : separator.length);
  const end = !to ? line.length : to.character ? (begin[to.field - 1] ?? line.length) + to.character : untilField;
  const text = line.slice(start, Math.max(start, end));
  return flags.includes("b") ? text.trimStart() : text;
}

/** Where fields begin. Without a separator the blanks before a field are its own. */
function starts(line: string, separator: string | undefined): number[] {
  const found = [0];
  if (separator) {
    for (let at = line.indexOf(separator); at >= 0; at = line.indexOf(separator, at + 1))
      found.push(at + separator.length);
    return found;
  }
  for (const { index } of line.matchAll(/(?<=\S)\s/g)) found.push(index);
  return found;
}

function ordered(a: string, b: string, flags: string): number {
  if (/[ngh]/.test(flags)) return number(a) - number(b);
  return flags.includes("f") ? texted(a.toUpperCase(), b.toUpperCase()) : texted(a, b);
}

const number = (text: string) => Number.parseFloat(text) || 0;
const texted = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

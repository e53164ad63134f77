import { type Commands, flagsOf, input, linesOf, pathOf, texts } from "./command.ts";
import { grep } from "./grep.ts";
import { lineCommands } from "./lines.ts";
import { formatPrintf, readEscapes } from "./printf.ts";
import { sed } from "./sed.ts";
import { seq } from "./seq.ts";
import { sort } from "./sort.ts";

/** Commands that read and write text. (busybox) */
export const textCommands: Commands = {
  async echo({ args, stdout }) {
    let at = 1;
    let newline = true;
    let escapes = false;
    for (; /^-[neE]+$/.test(args[at] ?? ""); at++) {
      if (args[at]?.includes("n")) newline = false;
      if (args[at]?.includes("e")) escapes = true;
    }
    const text = args.slice(at).join(" ");
    stdout.write((escapes ? readEscapes(text) : text) + (newline ? "\n" : ""));
    return 0;
  },
  async printf({ args, stdout }) {
    stdout.write(formatPrintf(args[1] ?? "", args.slice(2)));
    return 0;
  },
  async cat(process) {
    const { flags, rest } = flagsOf(process.args);
    const isPlain = !["n", "b", "A", "e", "t", "v"].some((flag) => flags.has(flag));
    if (rest.length === 0 && isPlain) {
      if (process.stdin) for await (const chunk of process.stdin) process.stdout.write(chunk);
      return 0;
    }
    const { texts: found, failed } = await texts(process, rest);
    if (isPlain) for (const { content } of found) process.stdout.write(content);
    else process.stdout.write(marked(found.map(({ content }) => content.toString("utf8")).join(""), flags));
    return failed ? 1 : 0;
  },
  async wc(process) {
    const { flags, rest } = flagsOf(process.args);
    const { texts: found, failed } = await texts(process, rest);
    for (const { path, content } of found) {
      const text = content.toString("utf8");
      const counts = { l: text.split("\n").length - 1, w: text.split(/\s+/).filter(Boolean).length, c: content.length };
      const wanted = (["l", "w", "c"] as const).filter((name) => flags.size === 0 || flags.has(name));
      const columns = wanted.map((name) => String(counts[name]).padStart(wanted.length > 1 ? 9 : 0)).join(" ");
      process.stdout.write(path === "-" ? `${columns}\n` : `${columns} ${path}\n`);
    }
    return failed ? 1 : 0;
  },
  grep,
  egrep: grep,
  sort,
  async uniq(process) {
    const { flags, rest } = flagsOf(process.args);
    const { texts: found } = await texts(process, rest);
    const groups: { line: string; count: number }[] = [];
    for (const line of found.flatMap(({ content }) => linesOf(content))) {
      const last = groups.at(-1);
      if (last?.line === line) last.count++;
      else groups.push({ line, count: 1 });
    }
    const isShown = (count: number) => (flags.has("d") ? count > 1 : !flags.has("u") || count === 1);
    for (const { line, count } of groups.filter((group) => isShown(group.count)))
      process.stdout.write(flags.has("c") ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
    return 0;
  },
  async cut(process) {
    const { flags, rest } = flagsOf(process.args, "dfc");
    const { texts: found } = await texts(process, rest);
    const delimiter = flags.get("d") ?? "\t";
    const wanted = ranges(flags.get("f") ?? flags.get("c") ?? "");
    for (const line of found.flatMap(({ content }) => linesOf(content))) {
      const parts = flags.has("c") ? [...line] : line.split(delimiter);
      const chosen = parts.filter((_, index) => wanted(index + 1));
      process.stdout.write(
        `${parts.length === 1 && !flags.has("c") ? line : chosen.join(flags.has("c") ? "" : delimiter)}\n`,
      );
    }
    return 0;
  },
  async tr(process) {
    const { flags, rest } = flagsOf(process.args);
    const from = characters(rest[0] ?? "");
    const to = characters(rest[1] ?? "");
    const isComplement = flags.has("c") || flags.has("C");
    const isFrom = (character: string) => from.includes(character) !== isComplement;
    const change = (character: string) => {
      if (!isFrom(character)) return character;
      if (flags.has("d")) return "";
      if (to.length === 0) return character; // only squeezed
      const at = isComplement ? to.length - 1 : Math.min(from.lastIndexOf(character), to.length - 1);
      return to[at] ?? "";
    };
    // What is squeezed is what came out of the last set.
    const isSqueezed = (character: string) =>
      flags.has("s") && (to.length > 0 ? to.includes(character) : isFrom(character));
    const text = (await input(process)).toString("utf8");
    const changed = [...text].map(change).filter(Boolean);
    const kept = changed.filter((character, index) => character !== changed[index - 1] || !isSqueezed(character));
    process.stdout.write(kept.join(""));
    return 0;
  },
  seq,
  ...lineCommands,
  async tee(process) {
    const { flags, rest } = flagsOf(process.args);
    const content = await input(process);
    process.stdout.write(content);
    for (const path of rest) await process.files.write(pathOf(process, path), content, { append: flags.has("a") });
    return 0;
  },
  sed,
  async base64(process) {
    const { flags, rest } = flagsOf(process.args, "w");
    const { texts: found, failed } = await texts(process, rest);
    const content = Buffer.concat(found.map((each) => each.content));
    if (flags.has("d")) process.stdout.write(Buffer.from(content.toString("latin1"), "base64"));
    else
      process.stdout.write(
        `${content.toString("base64").replaceAll(/(.{76})(?=.)/g, flags.get("w") === "0" ? "$1" : "$1\n")}\n`,
      );
    return failed ? 1 : 0;
  },
  async hexdump(process) {
    const { rest } = flagsOf(process.args);
    const { texts: found, failed } = await texts(process, rest);
    const content = Buffer.concat(found.map((each) => each.content));
    for (let at = 0; at < content.length; at += 16) process.stdout.write(hexLine(content.subarray(at, at + 16), at));
    process.stdout.write(`${content.length.toString(16).padStart(8, "0")}\n`);
    return failed ? 1 : 0;
  },
};

/** Text with numbers of lines, and signs for what is not seen. */
function marked(text: string, flags: ReadonlyMap<string, string>): string {
  const isAll = flags.has("A");
  let number = 0;
  const lines = linesOf(text).map((line) => {
    const seen = isAll || flags.has("t") ? line.replaceAll("\t", "^I") : line;
    const isNumbered = flags.has("n") || (flags.has("b") && line !== "");
    return `${isNumbered ? `${String(++number).padStart(6)}\t` : ""}${seen}${isAll || flags.has("e") ? "$" : ""}\n`;
  });
  return lines.join("");
}

function hexLine(bytes: Buffer, at: number): string {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const columns = `${pairs.slice(0, 8).join(" ").padEnd(23)}  ${pairs.slice(8).join(" ").padEnd(23)}`;
  const text = [...bytes].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
  return `${at.toString(16).padStart(8, "0")}  ${columns}  |${text}|\n`;
}

/** `1,3-5,7-` */
function ranges(text: string): (index: number) => boolean {
  const parts = text.split(",").map((part) => part.split("-"));
  return (index) =>
    parts.some(([from, to]) =>
      to === undefined ? index === Number(from) : index >= Number(from || 1) && index <= Number(to || index),
    );
}

function characters(text: string): string[] {
  const classes = text
    .replaceAll("[:upper:]", "A-Z")
    .replaceAll("[:lower:]", "a-z")
    .replaceAll("[:digit:]", "0-9")
    .replaceAll("[:space:]", " \t\n\r");
  return [
    ...readEscapes(classes).replaceAll(/(.)-(.)/g, (_, from: string, to: string) => {
      let all = "";
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) all += String.fromCharCode(code);
      return all;
    }),
  ];
}

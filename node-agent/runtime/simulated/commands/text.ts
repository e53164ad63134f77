import type { Process } from "../behaviour.ts";
import { type Commands, flagsOf, input, linesOf, nameOf, pathOf, texts } from "./command.ts";
import { formatPrintf, readEscapes } from "./printf.ts";
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
    const { rest } = flagsOf(process.args);
    if (rest.length === 0) {
      if (process.stdin) for await (const chunk of process.stdin) process.stdout.write(chunk);
      return 0;
    }
    const { texts: found, failed } = await texts(process, rest);
    for (const { content } of found) process.stdout.write(content);
    return failed ? 1 : 0;
  },
  async wc(process) {
    const { flags, rest } = flagsOf(process.args);
    const { texts: found, failed } = await texts(process, rest);
    for (const { path, content } of found) {
      const text = content.toString("utf8");
      const counts = { l: text.split("\n").length - 1, w: text.split(/\s+/).filter(Boolean).length, c: content.length };
      const wanted = (["l", "w", "c"] as const).filter((name) => flags.size === 0 || flags.has(name));
      const columns = wanted.map((name) => String(counts[name])).join(" ");
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
    for (const { line, count } of groups)
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
    const text = (await input(process)).toString("utf8");
    const change = (character: string) => {
      const at = from.indexOf(character);
      if (at < 0) return character;
      return flags.has("d") ? "" : (to[Math.min(at, to.length - 1)] ?? "");
    };
    process.stdout.write([...text].map(change).join(""));
    return 0;
  },
  async seq({ args, stdout, stderr }) {
    const numbers = args.slice(1).map(Number);
    if (numbers.length === 0 || numbers.some(Number.isNaN)) {
      stderr.write(`seq: invalid number '${args.slice(1).find((arg) => Number.isNaN(Number(arg))) ?? ""}'\n`);
      return 1;
    }
    const last = numbers.at(-1) ?? 1;
    const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
    const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
    for (let value = first; step > 0 ? value <= last : step < 0 && value >= last; value += step)
      stdout.write(`${value}\n`);
    return 0;
  },
  async tee(process) {
    const { flags, rest } = flagsOf(process.args);
    const content = await input(process);
    process.stdout.write(content);
    for (const path of rest) await process.files.write(pathOf(process, path), content, { append: flags.has("a") });
    return 0;
  },
  async sed(process) {
    const { flags, rest } = flagsOf(process.args, "e");
    const script = flags.get("e") ?? rest.shift() ?? "";
    const match = /^s(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gi]*)$/.exec(script);
    if (!match) {
      process.stderr.write(`sed: unsupported command ${script}\n`);
      return 1;
    }
    const [, , pattern = "", by = "", options] = match;
    const regular = new RegExp(flags.has("E") || flags.has("r") ? pattern : basic(pattern), options);
    const replacement = by
      .replaceAll("$", "$$$$")
      .replaceAll(/\\(\d)/g, "$$$1")
      .replaceAll(/(?<!\\)&/g, "$$&");
    const { texts: found, failed } = await texts(process, rest);
    for (const { path, content } of found) {
      const text = linesOf(content)
        .map((line) => `${line.replace(regular, replacement)}\n`)
        .join("");
      if (flags.has("i")) await process.files.write(pathOf(process, path), Buffer.from(text));
      else process.stdout.write(text);
    }
    return failed ? 1 : 0;
  },
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

function hexLine(bytes: Buffer, at: number): string {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const columns = `${pairs.slice(0, 8).join(" ").padEnd(23)}  ${pairs.slice(8).join(" ").padEnd(23)}`;
  const text = [...bytes].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
  return `${at.toString(16).padStart(8, "0")}  ${columns}  |${text}|\n`;
}

async function grep(process: Process): Promise<number> {
  const { flags, rest } = flagsOf(process.args, "em");
  const pattern = flags.get("e") ?? rest.shift() ?? "";
  const escaped = pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const extended = flags.has("E") || nameOf(process) === "egrep" ? pattern : basic(pattern);
  const source = flags.has("F") ? escaped : extended;
  const bound = flags.has("x") ? `^(?:${source})$` : flags.has("w") ? `\\b(?:${source})\\b` : source;
  const regular = new RegExp(bound, flags.has("i") ? "i" : "");
  const { texts: found, failed } = await texts(process, rest);
  let any = false;
  for (const { path, content } of found) {
    const prefix = found.length > 1 && !flags.has("h") ? `${path}:` : "";
    const lines = linesOf(content).filter((line) => regular.test(line) !== flags.has("v"));
    if (lines.length > 0) any = true;
    if (flags.has("q")) continue;
    if (flags.has("c")) process.stdout.write(`${prefix}${lines.length}\n`);
    else if (flags.has("l")) process.stdout.write(lines.length > 0 ? `${path}\n` : "");
    else if (flags.has("o")) {
      for (const line of lines)
        for (const [part] of line.matchAll(new RegExp(regular, "g"))) process.stdout.write(`${prefix}${part}\n`);
    } else for (const line of lines) process.stdout.write(`${prefix}${line}\n`);
  }
  return any ? 0 : failed ? 2 : 1;
}

/** Basic regular expressions have the extended signs behind a backslash. */
const basic = (pattern: string) =>
  pattern.replaceAll(/\\([+?|(){}])|([+?|(){}])/g, (_, special, literal) => special ?? `\\${literal}`);

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

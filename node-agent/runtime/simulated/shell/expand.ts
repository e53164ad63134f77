import { type FileSystem, normalize } from "../files/file-system.ts";
import { evaluate, type Variables } from "./arithmetic.ts";
import { partEnd } from "./lexer.ts";
import { LITERAL, matches, patternSource } from "./pattern.ts";
import { ScriptError } from "./syntax.ts";

/** What expansions need of the shell. */
export interface Expander extends Variables {
  readonly files: FileSystem;
  readonly cwd: string;
  /** undefined when it is not set. `@`, `*`, `#`, `?`, `$`, `!`, digits are parameters too. */
  parameter(name: string): string | undefined;
  positional(): readonly string[];
  /** What a script prints, without newlines at the end. */
  capture(script: string): Promise<string>;
}

/** A piece of a word: only what is not quoted is split and can be a pattern. */
interface Piece {
  readonly text: string;
  readonly quoted: boolean;
  /** A new field begins here: `"$@"`. */
  readonly breaks?: boolean;
}

/** Words of a command: split at blanks, with patterns replaced by the files that match. */
export async function expandWords(words: readonly string[], shell: Expander): Promise<string[]> {
  const result: string[] = [];
  for (const word of words) {
    for (const field of fieldsOf(await pieces(word, shell, false), shell)) {
      const found = isPattern(field) ? await glob(field, shell) : [];
      if (found.length > 0) result.push(...found);
      else result.push(plain(field));
    }
  }
  return result;
}

/** One word as it is: assignments, redirections, `case`. */
export async function expandText(word: string, shell: Expander): Promise<string> {
  return (await pieces(word, shell, false)).map(({ text, breaks }) => (breaks ? ` ${text}` : text)).join("");
}

/** One word as a pattern: quoted characters are marked. */
export async function expandPattern(word: string, shell: Expander): Promise<string> {
  return (await pieces(word, shell, false)).map(({ text, quoted }) => (quoted ? mark(text) : text)).join("");
}

/** The text of a here-document. */
export async function expandDocument(text: string, shell: Expander): Promise<string> {
  return (await pieces(text, shell, true)).map((piece) => piece.text).join("");
}

const mark = (text: string) => [...text].map((character) => LITERAL + character).join("");
const plain = (field: string) => field.replaceAll(LITERAL, "");
const isPattern = (field: string) => /(^|[^\0])[*?[]/.test(field);

/** @param inQuotes as inside double quotes: no quoting of its own, no splitting */
async function pieces(word: string, shell: Expander, inQuotes: boolean): Promise<Piece[]> {
  const result: Piece[] = [];
  const add = (text: string, quoted: boolean) => result.push({ text, quoted: quoted || inQuotes });
  if (!inQuotes && /^~(\/|$)/.test(word)) {
    add(shell.get("HOME") || "/root", true);
    word = word.slice(1);
  }
  let at = 0;
  while (at < word.length) {
    const end = inQuotes && word[at] !== "\\" && word[at] !== "$" && word[at] !== "`" ? at + 1 : partEnd(word, at);
    const part = word.slice(at, end);
    at = end;
    if (part[0] === "'" && !inQuotes) add(part.slice(1, -1), true);
    else if (part[0] === '"' && !inQuotes) {
      const inner = await pieces(part.slice(1, -1), shell, true);
      // Quotes make a field even when nothing is in them, but `"$@"` without arguments is no field at all.
      if (inner.length === 0 && part !== '"$@"') add("", true);
      result.push(...inner);
    } else if (part[0] === "\\") {
      const escaped = part[1] ?? "\\";
      if (escaped === "\n") continue;
      add(inQuotes && !/[$`"\\]/.test(escaped) ? part : escaped, true);
    } else if (part[0] === "`") add(await shell.capture(part.slice(1, -1).replaceAll(/\\([\\`$])/g, "$1")), false);
    else if (part[0] === "$") {
      const name = part === "$" ? parameterName(word, at) : "";
      at += name.length;
      await dollar(part + name, shell, inQuotes, result);
    } else add(part, false);
  }
  return result;
}

/** After a bare `$`. */
function parameterName(word: string, at: number): string {
  return /^([A-Za-z_]\w*|\d|[@*#?$!-])/.exec(word.slice(at))?.[0] ?? "";
}

async function dollar(part: string, shell: Expander, inQuotes: boolean, result: Piece[]): Promise<void> {
  const add = (text: string) => result.push({ text, quoted: inQuotes });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a shell's
  if (part === "$@" || part === "${@}") {
    for (const [index, text] of shell.positional().entries())
      result.push({ text, quoted: inQuotes, breaks: index > 0 });
  } else if (part.startsWith("$((")) add(evaluate(await expandDocument(part.slice(3, -2), shell), shell));
  else if (part.startsWith("$(")) add(await shell.capture(part.slice(2, -1)));
  else if (part.startsWith("${")) add(await parameter(part.slice(2, -1), shell));
  else if (part === "$") result.push({ text: "$", quoted: true });
  else add(shell.parameter(part.slice(1)) ?? "");
}

const PARAMETER = /^(#?)([A-Za-z_]\w*|\d+|[@*#?$!-])(?:(:?[-=?+]|%%?|##?|\/\/?|:)([\s\S]*))?$/;

/** `${…}` */
async function parameter(text: string, shell: Expander): Promise<string> {
  const match = PARAMETER.exec(text);
  if (!match) throw new ScriptError("syntax error: bad substitution");
  const [, length, name = "", operator = "", word = ""] = match;
  const value = shell.parameter(name);
  if (length) return String((value ?? "").length);
  const missing = value === undefined || (operator.startsWith(":") && value === "");
  switch (operator.replace(/^:(?=.)/, "")) {
    case "-":
      return missing ? expandText(word, shell) : (value ?? "");
    case "=":
      if (missing) shell.set(name, await expandText(word, shell));
      return shell.parameter(name) ?? "";
    case "+":
      return missing ? "" : expandText(word, shell);
    case "?":
      if (missing) throw new ScriptError(`${name}: ${(await expandText(word, shell)) || "parameter not set"}`);
      return value ?? "";
    case "":
      return value ?? "";
    case ":":
      return substring(value ?? "", word, shell);
    case "/":
    case "//":
      return replace(value ?? "", word, operator === "//", shell);
    default:
      return trim(value ?? "", operator, await expandPattern(word, shell));
  }
}

function substring(value: string, word: string, shell: Expander): string {
  const [from = "0", length] = word.split(":");
  const start = Number(evaluate(from, shell));
  const begin = start < 0 ? Math.max(value.length + start, 0) : start;
  if (length === undefined) return value.slice(begin);
  const count = Number(evaluate(length, shell));
  return count < 0 ? value.slice(begin, count) : value.slice(begin, begin + count);
}

async function replace(value: string, word: string, all: boolean, shell: Expander): Promise<string> {
  const at = /^(?:\\.|[^/\\])*/.exec(word)?.[0].length ?? 0;
  const pattern = patternSource(await expandPattern(word.slice(0, at), shell));
  const by = await expandText(word.slice(at + 1), shell);
  return pattern ? value.replace(new RegExp(pattern, all ? "g" : ""), () => by) : value;
}

function trim(value: string, operator: string, pattern: string): string {
  const ends = operator.startsWith("%");
  const longest = operator.length === 2;
  const cuts = Array.from({ length: value.length + 1 }, (_, index) => index);
  // The part that goes away, shortest or longest first.
  for (const length of longest ? cuts.reverse() : cuts) {
    const part = ends ? value.slice(value.length - length) : value.slice(0, length);
    if (matches(part, pattern)) return ends ? value.slice(0, value.length - length) : value.slice(length);
  }
  return value;
}

/** Splits what is not quoted at blanks. Quoted characters come out marked. */
function fieldsOf(all: readonly Piece[], shell: Expander): string[] {
  const separators = shell.parameter("IFS") ?? " \t\n";
  const fields: string[] = [];
  let field: string | undefined;
  for (const { text, quoted, breaks } of all) {
    if (breaks && field !== undefined) {
      fields.push(field);
      field = undefined;
    }
    if (quoted) {
      field = (field ?? "") + mark(text);
      continue;
    }
    for (const character of text) {
      if (!separators.includes(character)) field = (field ?? "") + character;
      else if (field !== undefined) {
        fields.push(field);
        field = undefined;
      }
    }
  }
  if (field !== undefined) fields.push(field);
  return fields;
}

/** Files that match, sorted; names that begin with a dot only when the pattern does. */
async function glob(pattern: string, { files, cwd }: Expander): Promise<string[]> {
  const absolute = pattern.startsWith("/");
  let found = [absolute ? "/" : ""];
  for (const part of pattern.split("/").filter(Boolean)) {
    const next: string[] = [];
    for (const base of found) {
      const prefix = base === "" || base.endsWith("/") ? base : `${base}/`;
      if (!isPattern(part)) {
        const path = prefix + plain(part);
        if (await files.exists(normalize(path, cwd))) next.push(path);
        continue;
      }
      const names = await files.list(normalize(base || ".", cwd)).catch(() => []);
      const visible = names.filter((name) => !name.startsWith(".") || part.startsWith("."));
      next.push(...visible.filter((name) => matches(name, part)).map((name) => prefix + name));
    }
    found = next;
  }
  return found;
}

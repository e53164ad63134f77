import { ESCAPES } from "../../../openapi/go-quote.ts";
import { free, member, type Overload } from "../overload.ts";
import { fail, type Value } from "../values.ts";
import { format } from "./string-format.ts";

const characters = (text: string): string[] => [...text];
const SPACE = "[\\t-\\r\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${SPACE}|${SPACE}$`, "g");

function charAt(text: string, at: number): string {
  const all = characters(text);
  return at < 0 || at > all.length ? fail(`index out of range: ${at}`) : (all[at] ?? "");
}
function matchesAt(all: readonly string[], part: readonly string[], at: number): boolean {
  return part.every((character, index) => all[at + index] === character);
}
function indexOf(text: string, part: string, from = 0): number {
  const [all, wanted] = [characters(text), characters(part)];
  if (part === "" && from === 0) return 0;
  if (from < 0 || (from >= all.length && !(part === "" && from === all.length)))
    return from === 0 ? -1 : fail(`index out of range: ${from}`);
  for (let at = from; at + wanted.length <= all.length; at++) if (matchesAt(all, wanted, at)) return at;
  return -1;
}
function lastIndexOf(text: string, part: string, from?: number): number {
  const [all, wanted] = [characters(text), characters(part)];
  if (from !== undefined && part !== "" && all.length > 0 && (from < 0 || from >= all.length))
    return fail(`index out of range: ${from}`);
  if (from !== undefined && (from < 0 || (from > all.length && part === "")))
    return fail(`index out of range: ${from}`);
  if (part === "") return from ?? all.length;
  for (let at = Math.min(from ?? all.length, all.length - wanted.length); at >= 0; at--)
    if (matchesAt(all, wanted, at)) return at;
  return -1;
}
function replace(text: string, from: string, to: string, limit = -1): string {
  if (limit === 0) return text;
  const pieces = from === "" ? ["", ...characters(text), ""] : text.split(from);
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  return (
    pieces.slice(0, count + 1).join(to) + (count + 1 < pieces.length ? from : "") + pieces.slice(count + 1).join(from)
  );
}
function split(text: string, separator: string, limit = -1): string[] {
  if (limit === 0) return [];
  const pieces = separator === "" ? characters(text) : text.split(separator);
  if (limit < 0 || pieces.length <= limit) return pieces;
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}
function substring(text: string, start: number, end?: number): string {
  const all = characters(text);
  if (end === undefined)
    return start < 0 || start > all.length ? fail(`index out of range: ${start}`) : all.slice(start).join("");
  if (start > end) return fail(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0 || start > all.length) return fail(`index out of range: ${start}`);
  return end < 0 || end > all.length ? fail(`index out of range: ${end}`) : all.slice(start, end).join("");
}
const join = (list: readonly Value[], separator = "") => {
  for (const element of list) if (typeof element !== "string") return fail(`join: invalid input: ${String(element)}`);
  return list.join(separator);
};
/** strings.quote knows only these escapes; the rest stays, except what is no character. */
const quote = (text: string) =>
  `"${Array.from(text, (character) => ESCAPES[character] ?? character)
    .join("")
    .toWellFormed()}"`;

/** Strings, version 2: join of lists and quote, but no reverse. (cel-go/ext/strings.go) */
export const stringsLibrary: readonly Overload[] = [
  member("charAt", "string_char_at_int", "string, int -> string", charAt),
  member("indexOf", "string_index_of_string", "string, string -> int", indexOf),
  member("indexOf", "string_index_of_string_int", "string, string, int -> int", indexOf),
  member("lastIndexOf", "string_last_index_of_string", "string, string -> int", lastIndexOf),
  member("lastIndexOf", "string_last_index_of_string_int", "string, string, int -> int", lastIndexOf),
  member("lowerAscii", "string_lower_ascii", "string -> string", (text: string) =>
    text.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  ),
  member("upperAscii", "string_upper_ascii", "string -> string", (text: string) =>
    text.replace(/[a-z]+/g, (part) => part.toUpperCase()),
  ),
  member("replace", "string_replace_string_string", "string, string, string -> string", replace),
  member("replace", "string_replace_string_string_int", "string, string, string, int -> string", replace),
  member("split", "string_split_string", "string, string -> list(string)", split),
  member("split", "string_split_string_int", "string, string, int -> list(string)", split),
  member("substring", "string_substring_int", "string, int -> string", substring),
  member("substring", "string_substring_int_int", "string, int, int -> string", substring),
  member("trim", "string_trim", "string -> string", (text: string) => text.replace(ENDS, "")),
  member("format", "string_format", "string, list(dyn) -> string", format),
  free("strings.quote", "strings_quote", "string -> string", quote),
  member("join", "list_join", "list(string) -> string", join),
  member("join", "list_join_string", "list(string), string -> string", join),
];

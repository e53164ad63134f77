import { CLASSES } from "../commands/regular.ts";

/** Quoted characters of a pattern stand for themselves: they come with this in front. */
export const LITERAL = "\0";

/** A shell pattern as a regular expression's source: `*`, `?`, `[a-z]`, `[!x]`. */
export function patternSource(pattern: string, { lazy = false, slashes = true } = {}): string {
  const any = slashes ? "[\\s\\S]" : "[^/]";
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    const set = character === "[" ? /^\[([!^]?)(\]?(?:\[:\w+:\]|[^\]])*)\]/.exec(pattern.slice(at)) : null;
    if (character === LITERAL || character === "\\") source += escaped(pattern[++at] ?? "");
    else if (character === "*") source += `${any}*${lazy ? "?" : ""}`;
    else if (character === "?") source += any;
    else if (set) {
      source += `[${set[1] ? "^" : ""}${inSet((set[2] ?? "").replaceAll(LITERAL, ""))}]`;
      at += set[0].length - 1;
    } else source += escaped(character);
  }
  return source;
}

/** What is between brackets. A range that runs backwards has nothing in it. (fnmatch(3)) */
const inSet = (body: string): string =>
  body.replaceAll(/\[:(\w+):\]|([\s\S])-([\s\S])|[\s\S]/g, (whole, name?: string, from?: string, to?: string) => {
    if (name !== undefined) return CLASSES[name] ?? "";
    if (from === undefined || to === undefined) return escaped(whole);
    return from <= to ? `${escaped(from)}-${escaped(to)}` : "";
  });

export const matches = (text: string, pattern: string): boolean =>
  new RegExp(`^(?:${patternSource(pattern)})$`).test(text);

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

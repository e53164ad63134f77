import { RE2JS } from "re2js";
import { member, type Overload } from "../overload.ts";
import { fail } from "../values.ts";

const compiled = new Map<string, RE2JS>();

/** A pattern in RE2's grammar. Patterns of rules are few and used often, so the last hundreds are kept. @throws CelError */
export function regex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= 512) compiled.clear();
  try {
    const made = RE2JS.compile(pattern);
    compiled.set(pattern, made);
    return made;
  } catch (error) {
    return fail(
      `error parsing regexp: ${error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : error}`,
    );
  }
}

function findAll(text: string, pattern: string, limit: number): string[] {
  const matcher = regex(pattern).matcher(text);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

/** matches, find and findAll. (apiserver/pkg/cel/library/regex.go) */
export const regexLibrary: readonly Overload[] = [
  member("matches", "matches_string", "string, string -> bool", (text: string, pattern: string) =>
    regex(pattern).matcher(text).find(),
  ),
  {
    ...member("matches", "matches", "string, string -> bool", (text: string, pattern: string) =>
      regex(pattern).matcher(text).find(),
    ),
    member: false,
  },
  member(
    "find",
    "string_find_string",
    "string, string -> string",
    (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? "",
  ),
  member("findAll", "string_find_all_string", "string, string -> list(string)", (text: string, pattern: string) =>
    findAll(text, pattern, Infinity),
  ),
  member(
    "findAll",
    "string_find_all_string_int",
    "string, string, int -> list(string)",
    (text: string, pattern: string, limit: number) => findAll(text, pattern, limit < 0 ? Infinity : limit),
  ),
];

import { numberOf } from "../../openapi/exact-json.ts";
import { compareText } from "../meta/managed-fields/path-element.ts";
import { type Members, setMember } from "../meta/members.ts";

/**
 * What YAML reads otherwise than JSON, or not at all: escapes by number (go-yaml knows no surrogates), tabs, breaks of
 * lines that JSON does not know, merge keys, and numbers that need care. In texts, too: there are few.
 */
const NEEDS_YAML = /\\u|[\t\u0085\u2028\u2029]|"<<"|-0|[0-9]{16}|[eE][-+]?[0-9]{3}/;
/** go-yaml looks no further for the end of a key. */
const MAX_KEY = 1000;

/**
 * Reads YAML that is JSON, as nearly all configurations of server-side apply are: a tenth of the work.
 * @returns undefined where only a parser of YAML can tell, and for everything that is wrong
 */
export function jsonInYaml(text: string): { readonly value: Members } | undefined {
  if (text[0] !== "{" || NEEDS_YAML.test(text)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const count = { members: 0, fits: true };
  const value = inOrder(parsed, count) as Members; // it begins with a brace
  // Keys that come twice are told of with their lines.
  return count.fits && count.members === colonsIn(text) ? { value } : undefined;
}

/** A large float is printed with all digits on its way from YAML to JSON, where it is an integer then. */
export function numberFromYaml(value: number): unknown {
  return Number.isSafeInteger(value) ? value : numberOf(String(value));
}

/** With the keys of maps in order, as parsed YAML has them. */
function inOrder(value: unknown, count: { members: number; fits: boolean }): unknown {
  if (typeof value === "number") return numberFromYaml(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = inOrder(value[i], count);
    return value;
  }
  const keys = Object.keys(value);
  count.members += keys.length;
  const sorted: Members = {};
  for (const key of keys.sort(compareText)) {
    if (key.length > MAX_KEY) count.fits = false;
    setMember(sorted, key, inOrder((value as Members)[key], count));
  }
  return sorted;
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/** Colons outside of texts: one a member. */
function colonsIn(json: string): number {
  let count = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === QUOTE) inText = !inText;
    else if (inText) {
      if (code === BACKSLASH) i++;
    } else if (code === COLON) count++;
  }
  return count;
}

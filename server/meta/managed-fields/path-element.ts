import { parseJson } from "../../../openapi/exact-json.ts";
import { goQuote } from "../go-quote.ts";

/**
 * One step of a path, in its serialised form, which is also its identity:
 * `f:name` a member, `k:{"name":"a"}` a list item by keys, `v:"x"` a set item by value, `i:0` by index.
 * Follows structured-merge-diff/fieldpath/{element,serialize-pe}.go.
 */
export type PathElement = string;

/** Needs no escapes, as nearly all names and values. */
const PLAIN_TEXT = /^[-\w./: ]*$/;
const NEEDS_ESCAPE = /[<>&\u2028\u2029\b\f]/g;

/** JSON as Go writes it: HTML-safe, without \b and \f. */
export function goJson(value: unknown): string {
  if (typeof value === "string" && PLAIN_TEXT.test(value)) return `"${value}"`;
  const text = JSON.stringify(value);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return text;
  return text
    .replace(/\\(.)/g, (escaped, letter) => (letter === "b" ? "\\u0008" : letter === "f" ? "\\u000c" : escaped))
    .replace(NEEDS_ESCAPE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The element of a list item with these key fields; names must come sorted. */
export function keyElement(fields: readonly (readonly [name: string, value: unknown])[]): PathElement {
  return `k:{${fields.map(([name, value]) => `${goJson(name)}:${goJson(value)}`).join(",")}}`;
}

/**
 * Brings a key of FieldsV1 into the one spelling that compares as a string.
 * @returns undefined for a kind of element that nobody knows yet: it is dropped.
 * @throws Error when it is not a path element
 */
export function parseElement(text: string): PathElement | undefined {
  if (text.startsWith("f:")) return text;
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const element = parseOther(text);
  if (element !== undefined) {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(text, element);
  }
  return element;
}

/** Keys of list items come again in object after object, and reading them is most of the cost of an update. */
const parsed = new Map<string, PathElement>();
const MAX_PARSED = 4096;

function parseOther(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error("key must be 2 characters long:");
  if (text[1] !== ":") throw new Error(`missing colon: ${text}`);
  switch (text[0]) {
    case "k": {
      const fields: unknown = parseJson(text.slice(2));
      if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
        throw new Error(`expected an object: ${text}`);
      }
      return keyElement(Object.entries(fields).sort(([a], [b]) => compareText(a, b)));
    }
    case "v":
      return `v:${goJson(parseJson(text.slice(2)))}`;
    case "i":
      if (!/^[+-]?\d+$/.test(text.slice(2))) {
        throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text.slice(2))}: invalid syntax`);
      }
      return `i:${Number(text.slice(2))}`;
    default:
      return undefined;
  }
}

/** As it stands in messages: `.spec`, `[name="a"]`, `[="x"]`, `[0]`. */
export function printElement(element: PathElement): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("i:")) return `[${rest}]`;
  const value: unknown = parseJson(rest);
  if (element.startsWith("v:")) return `[=${printValue(value)}]`;
  // A serialised key is always an object.
  const fields = Object.entries(value as Record<string, unknown>);
  return `[${fields.map(([name, item]) => `${name}=${printValue(item)}`).join(",")}]`;
}

/** A whole path as it stands in messages. */
export function printPath(path: readonly PathElement[]): string {
  return path.map(printElement).join("");
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, item]) => `${name}=${printValue(item)}`)
      .join("");
  }
  return typeof value === "string" ? goQuote(value) : String(value);
}

const RANK: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** A key of one plain text, as nearly all are: its text has the order of its value. */
const PLAIN_KEY = /^k:\{"[A-Za-z]+":"[-\w./:]*"\}$/;

/** The order of elements inside FieldsV1: members, keys, values, indexes. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const kind = a[0]!;
  const byKind = RANK[kind]! - RANK[b[0]!]!;
  if (byKind !== 0) return byKind;
  if (kind === "f" || (PLAIN_KEY.test(a) && PLAIN_KEY.test(b))) return compareText(a, b);
  const [left, right] = [a.slice(2), b.slice(2)];
  if (kind === "i") return Number(left) - Number(right);
  if (kind === "v") return compareValues(parseJson(left), parseJson(right));
  return compareFields(Object.entries(parseJson(left) as object), Object.entries(parseJson(right) as object));
}

/** Order of UTF-8 bytes, which differs from that of UTF-16 units where surrogates meet the characters above them. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x - y;
    const isSurrogate = x < 0xe000;
    return isSurrogate === y < 0xe000 ? x - y : isSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function compareFields(a: [string, unknown][], b: [string, unknown][]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareText(a[i]![0], b[i]![0]) || compareValues(a[i]![1], b[i]![1]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers before strings before booleans before lists before maps before null. (structured-merge-diff/value/value.go) */
function valueRank(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return 0;
  if (typeof value === "string") return 1;
  if (typeof value === "boolean") return 2;
  if (Array.isArray(value)) return 3;
  return value === null ? 5 : 4;
}

function compareValues(a: unknown, b: unknown): number {
  const byKind = valueRank(a) - valueRank(b);
  if (byKind !== 0) return byKind;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compareValues(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (typeof a === "object" && a !== null && typeof b === "object" && b !== null) {
    const sorted = (value: object): [string, unknown][] => Object.entries(value).sort(([x], [y]) => compareText(x, y));
    return compareFields(sorted(a), sorted(b));
  }
  // Numbers and booleans are left, which compare as they stand.
  const [left, right] = [a as number, b as number];
  return left === right ? 0 : left < right ? -1 : 1;
}

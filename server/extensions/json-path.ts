import { numberOf } from "../../openapi/exact-json.ts";

/**
 * JSONPath as far as definitions use it, in upstream's dialect: fields, quoted fields, indexes, slices, wildcards,
 * recursion and filters. (client-go/util/jsonpath)
 */

/** One step from a set of values to the next. */
type Step = (values: readonly unknown[]) => unknown[];

/** A parsed path. */
export interface JsonPath {
  /** All values that it leads to; missing fields lead nowhere. @throws Error for what the path cannot be used on */
  find(value: unknown): unknown[];
}

/** @param text without braces, as in `.status.conditions[?(@.type=="Ready")].status`. @throws Error */
export function parseJsonPath(text: string): JsonPath {
  const parser = new Parser(text);
  const steps = parser.steps();
  if (!parser.isDone) throw new Error(`unrecognized character in action: ${text}`);
  return { find: (value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value]) as unknown[] };
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length;
  }

  steps(): Step[] {
    const steps: Step[] = [];
    if (this.#take("$") || this.#take("@")) {
      // The value itself.
    }
    while (!this.isDone) {
      if (this.#take("..")) {
        steps.push((values) => values.flatMap(descendants));
        if (this.#peek() !== "[") steps.push(this.#field());
      } else if (this.#take(".")) {
        if (!this.isDone && this.#peek() !== "[") steps.push(this.#field());
      } else if (this.#take("[")) steps.push(this.#bracket());
      else break;
    }
    return steps;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #field(): Step {
    if (this.#take("*")) return wildcard;
    const match = /^(?:\\.|[^\s.[\]|(){}<>=!@?*$,:"'])+/.exec(this.#text.slice(this.#at));
    if (!match) throw new Error(`unexpected character in field: ${this.#text}`);
    this.#at += match[0].length;
    return field(match[0].replaceAll(/\\(.)/g, "$1"));
  }

  #bracket(): Step {
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith("?(")) return this.#filter();
    const match = /^((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]'"])*)\]/.exec(rest);
    if (!match) throw new Error(`unterminated array: ${this.#text}`);
    this.#at += match[0].length;
    const parts = (match[1] ?? "").match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"]+/g) ?? [];
    const steps = parts.map((part) => bracketPart(part.trim(), this.#text));
    return (values) => steps.flatMap((step) => step(values));
  }

  #filter(): Step {
    this.#at += 2;
    const end = this.#text.indexOf(")]", this.#at);
    if (end < 0) throw new Error(`unterminated filter: ${this.#text}`);
    const inner = this.#text.slice(this.#at, end);
    this.#at = end + 2;
    const match = /^([^!<>=]+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/.exec(inner.trim());
    const test = match ? comparison(match[1] ?? "", match[2] ?? "", match[3] ?? "") : existence(inner.trim());
    return (values) => values.flatMap((value) => (Array.isArray(value) ? value.filter(test) : []));
  }
}

function bracketPart(part: string, text: string): Step {
  if (part === "*") return wildcard;
  if (/^['"]/.test(part)) return field(part.slice(1, -1).replaceAll(/\\(.)/g, "$1"));
  if (/^-?\d+$/.test(part)) return index(Number(part));
  const slice = /^(-?\d+)?:(-?\d+)?(?::(-?\d+)?)?$/.exec(part);
  if (!slice) throw new Error(`invalid array index ${part} in ${text}`);
  const [, from, to, by] = slice;
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return [];
      const range = value.slice(from ? Number(from) : 0, to ? Number(to) : undefined);
      const step = by ? Number(by) : 1;
      return step > 0 ? range.filter((_, i) => i % step === 0) : [];
    });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function field(name: string): Step {
  return (values) => values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
}

function index(at: number): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return [];
      const position = at < 0 ? value.length + at : at;
      if (position < 0 || position >= value.length) {
        throw new Error(`array index out of bounds: index ${at}, length ${value.length}`);
      }
      return [value[position]];
    });
}

const wildcard: Step = (values) => values.flatMap(membersOf);

function membersOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return [value, ...membersOf(value).flatMap(descendants)];
}

type Test = (value: unknown) => boolean;

function existence(path: string): Test {
  const { find } = parseJsonPath(path);
  return (value) => find(value).length > 0;
}

function comparison(left: string, operator: string, right: string): Test {
  const [a, b] = [operand(left.trim()), operand(right.trim())];
  return (value) => {
    const [x, y] = [a(value), b(value)];
    if (x.length !== 1 || y.length !== 1) return false;
    return compare(x[0], operator, y[0]);
  };
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  const isNumber = (value: unknown) => typeof value === "number" || typeof value === "bigint";
  const sameType = (isNumber(a) && isNumber(b)) || (typeof a === "string" && typeof b === "string");
  if (!sameType) return false;
  const [x, y] = [a as number, b as number]; // two numbers, or two texts, which compare alike
  return operator === "<" ? x < y : operator === "<=" ? x <= y : operator === ">" ? x > y : x >= y;
}

function operand(text: string): (value: unknown) => unknown[] {
  if (/^'.*'$|^".*"$/s.test(text)) return () => [text.slice(1, -1)];
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return () => [numberOf(text)];
  if (text === "true" || text === "false") return () => [text === "true"];
  const { find } = parseJsonPath(text);
  return find;
}

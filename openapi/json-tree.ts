import { NumberText, numberOf, numberText } from "./exact-json.ts";
import { goQuote } from "./go-quote.ts";

/**
 * A JSON reader that keeps what JSON.parse loses: duplicate keys, the order of keys, numbers as written. It says what is
 * wrong with a text in the words of Go's encoding/json. Slower than JSON.parse, so only for bodies that need it.
 */

/** Not JSON, or JSON of the wrong shape. The message is Go's. */
export class DecodeError extends Error {}

/** A JSON value as written. */
export type Node =
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly kind: "array"; readonly items: readonly Node[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "null" };

/** Nesting allowed in a body. Go stops at 10,000; our recursive walks over a value want a smaller stack. */
export const MAX_DEPTH = 1000;

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const NULL: Node = { kind: "null" };

/** Reads a whole text. @throws DecodeError with Go's syntax error */
export function parseTree(bytes: Uint8Array): Node {
  return new Reader(bytes).read();
}

/** What encoding/json says of a text that is no JSON; empty where it is. */
export function syntaxErrorOf(text: string): string {
  try {
    parseTree(Buffer.from(text));
    return "";
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** The same tree of a parsed value, for bodies that came as YAML or were patched. */
export function treeOf(value: unknown): Node {
  if (value === null || value === undefined) return NULL;
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "boolean") return { kind: "bool", value };
  if (typeof value === "number" || typeof value === "bigint") return { kind: "number", text: numberText(value) };
  if (value instanceof NumberText) return { kind: "number", text: value.text };
  if (Array.isArray(value)) return { kind: "array", items: value.map(treeOf) };
  return { kind: "object", entries: Object.entries(value).map(([key, member]) => [key, treeOf(member)]) };
}

/**
 * The plain value of a tree; the last of duplicate keys wins.
 * @param number what becomes of a number
 */
export function plainValue(node: Node, number: (text: string) => unknown = numberOf): unknown {
  switch (node.kind) {
    case "object": {
      const object: Record<string, unknown> = {};
      for (const [key, member] of node.entries) setMember(object, key, plainValue(member, number));
      return object;
    }
    case "array":
      return node.items.map((item) => plainValue(item, number));
    case "number":
      return number(node.text);
    case "null":
      return null;
    default:
      return node.value;
  }
}

/** Sets an own property, also when it is called `__proto__`. */
export function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

class Reader {
  readonly #bytes: Buffer;
  /** One character a byte, as Go's scanner sees the text. */
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#text = this.#bytes.toString("latin1");
  }

  read(): Node {
    const node = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected("after top-level value");
    return node;
  }

  #unexpected(where: string): DecodeError {
    const char = this.#text[this.#at];
    if (char === undefined) return new DecodeError("unexpected end of JSON input");
    return new DecodeError(`invalid character ${quoteChar(char)} ${where}`);
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #value(): Node {
    this.#space();
    const char = this.#text[this.#at];
    switch (char) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return { kind: "string", value: this.#string() };
      case "t":
        this.#literal("true");
        return { kind: "bool", value: true };
      case "f":
        this.#literal("false");
        return { kind: "bool", value: false };
      case "n":
        this.#literal("null");
        return NULL;
    }
    if (char !== undefined && /[-0-9]/.test(char)) return this.#number();
    throw this.#unexpected("looking for beginning of value");
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw this.#unexpected("exceeded max depth");
    this.#at++;
  }

  #object(): Node {
    const entries: [string, Node][] = [];
    this.#enter();
    this.#space();
    if (this.#text[this.#at] === "}") this.#at++;
    else {
      for (let more = true; more; ) {
        this.#space();
        if (this.#text[this.#at] !== '"') throw this.#unexpected("looking for beginning of object key string");
        const key = this.#string();
        this.#space();
        if (this.#text[this.#at] !== ":") throw this.#unexpected("after object key");
        this.#at++;
        entries.push([key, this.#value()]);
        more = this.#next("}", "after object key:value pair");
      }
    }
    this.#depth--;
    return { kind: "object", entries };
  }

  #array(): Node {
    const items: Node[] = [];
    this.#enter();
    this.#space();
    if (this.#text[this.#at] === "]") this.#at++;
    else {
      do items.push(this.#value());
      while (this.#next("]", "after array element"));
    }
    this.#depth--;
    return { kind: "array", items };
  }

  /** Steps over a comma (true) or the closing character (false). */
  #next(close: string, where: string): boolean {
    this.#space();
    const char = this.#text[this.#at];
    if (char !== "," && char !== close) throw this.#unexpected(where);
    this.#at++;
    return char === ",";
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#text[this.#at] !== word[i]) throw this.#unexpected(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.#at++;
  }

  #digits(where: string): void {
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected(where);
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #number(): Node {
    const start = this.#at;
    if (this.#text[this.#at] === "-") this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#text[this.#at] === "e" || this.#text[this.#at] === "E") {
      this.#at++;
      if (this.#text[this.#at] === "+" || this.#text[this.#at] === "-") this.#at++;
      this.#digits("in exponent of numeric literal");
    }
    return { kind: "number", text: this.#text.slice(start, this.#at) };
  }

  #string(): string {
    let value = "";
    let from = ++this.#at;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '"' || char === "\\") {
        value += this.#bytes.toString("utf8", from, this.#at++);
        if (char === '"') return value;
        value += this.#escape();
        from = this.#at;
      } else if (char === undefined || char < " ") throw this.#unexpected("in string literal");
      else this.#at++;
    }
  }

  #escape(): string {
    const char = this.#text[this.#at];
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) throw this.#unexpected("in string escape code");
    this.#at++;
    if (char !== "u") return ESCAPES[char] ?? char;
    const start = this.#at;
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? ""))
        throw this.#unexpected("in \\u hexadecimal character escape");
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

/** A byte as Go quotes a character in its errors. */
function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${goQuote(char).slice(1, -1)}'`;
}

import { type SourceError, SyntaxProblem } from "./source-error.ts";
import { Double, intOf, Uint, type Value } from "./values.ts";

/** A piece of the source: `text` as written, and `value` for literals. */
export interface Token {
  readonly kind: "literal" | "identifier" | "operator" | "end";
  readonly text: string;
  readonly at: number;
  readonly value?: Value;
}

const SPACE = /(?:[ \t\r\n\f]+|\/\/[^\n]*)*/y;
const NUMBER = /0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?/y;
const IDENTIFIER = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const OPERATOR = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;
const STRING = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;
const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

/** Cuts an expression into tokens; the last is always `end`. @throws SyntaxProblem */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(SPACE, source, at)?.[0].length ?? 0;
    if (at >= source.length) return [...tokens, { kind: "end", text: "<EOF>", at: source.length }];
    const token = readToken(source, at);
    tokens.push(token);
    at += token.text.length;
  }
}

function readToken(source: string, at: number): Token {
  const opening = match(STRING, source, at);
  if (opening) return readString(source, at, opening);
  const number = match(NUMBER, source, at)?.[0];
  if (number) return { kind: "literal", text: number, at, value: readNumber(number, at) };
  const identifier = match(IDENTIFIER, source, at)?.[0];
  if (identifier) return { kind: "identifier", text: identifier, at };
  const operator = match(OPERATOR, source, at)?.[0];
  if (operator) return { kind: "operator", text: operator, at };
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  throw new SyntaxProblem(at, `Syntax error: token recognition error at: '${character}'`);
}

/** Integers stay unsigned here: the parser joins a minus, so that -9223372036854775808 can be written. */
function readNumber(text: string, at: number): Value {
  if (/[uU]$/.test(text)) {
    const digits = text.slice(0, -1);
    if (/[.eE]/.test(digits) && !/^0[xX]/.test(digits)) throw new SyntaxProblem(at, "invalid uint literal");
    const value = BigInt(digits);
    if (value > 0xffffffffffffffffn) throw new SyntaxProblem(at, "invalid uint literal");
    return new Uint(value);
  }
  if (/^0[xX]/.test(text) || !/[.eE]/.test(text)) {
    const value = BigInt(text);
    return intOf(value);
  }
  return new Double(Number(text));
}

function readString(source: string, at: number, opening: RegExpExecArray): Token {
  const [start, prefix = "", quote = ""] = opening;
  const raw = /r/i.test(prefix);
  const binary = /b/i.test(prefix);
  const bytes: number[] = [];
  let text = "";
  let index = at + start.length;
  const problem = (message: string): SourceError => new SyntaxProblem(at, message);
  while (!source.startsWith(quote, index)) {
    const character = source[index];
    if (character === undefined || (quote.length === 1 && (character === "\n" || character === "\r")))
      throw problem(`Syntax error: token recognition error at: '${source.slice(at, index)}'`);
    if (character !== "\\" || raw) {
      const whole =
        raw && character === "\\"
          ? source.slice(index, index + 2)
          : String.fromCodePoint(source.codePointAt(index) ?? 0);
      if (binary) bytes.push(...new TextEncoder().encode(whole));
      else text += whole;
      index += whole.length;
      continue;
    }
    const escaped = readEscape(source, index + 1);
    if (!escaped) throw problem(`Syntax error: token recognition error at: '${source.slice(at, index + 2)}'`);
    if (!binary) {
      if (escaped.code > 0x10ffff || (escaped.code >= 0xd800 && escaped.code <= 0xdfff))
        throw problem("invalid unicode code point");
      text += String.fromCodePoint(escaped.code);
    } else if (escaped.isByte) bytes.push(escaped.code & 255);
    else if (escaped.isUnicode) throw problem("unable to unescape string");
    else bytes.push(...new TextEncoder().encode(String.fromCodePoint(escaped.code)));
    index += 1 + escaped.length;
  }
  const end = index + quote.length;
  return { kind: "literal", text: source.slice(at, end), at, value: binary ? Uint8Array.from(bytes) : text };
}

function readEscape(source: string, at: number) {
  const letter = source[at] ?? "";
  const plain = ESCAPES[letter];
  if (plain !== undefined) return { code: plain.charCodeAt(0), length: 1, isByte: false, isUnicode: false };
  const octal = /[0-3][0-7]{2}/y;
  const found = match(octal, source, at)?.[0];
  if (found) return { code: Number.parseInt(found, 8), length: 3, isByte: true, isUnicode: false };
  const digits = { x: 2, X: 2, u: 4, U: 8 }[letter];
  if (!digits) return undefined;
  const hex = source.slice(at + 1, at + 1 + digits);
  if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(hex)) return undefined;
  const isByte = digits === 2;
  return { code: Number.parseInt(hex, 16), length: digits + 1, isByte, isUnicode: !isByte };
}

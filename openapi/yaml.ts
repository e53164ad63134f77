/**
 * Writes YAML exactly as sigs.k8s.io/yaml (go-yaml v2) does, so that what people diff and commit does not change with
 * the server: keys in natural order, sequences not indented, quotes only where a reader would misunderstand, lines
 * folded past 80 columns.
 */
const WIDTH = 80;

/** @param value plain JSON data. */
export function toYaml(value: unknown): string {
  const out: string[] = [];
  if (isContainer(value)) block(out, value, 0, false);
  else out.push(scalar(value, 0, 2), "\n");
  return out.join("");
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && (Array.isArray(value) ? value.length : Object.keys(value).length) > 0
  );
}

/** @param inline the first line continues the current one (after `- `). */
function block(out: string[], value: object, indent: number, inline: boolean): void {
  const pad = " ".repeat(indent);
  let first = inline;
  if (Array.isArray(value)) {
    for (const item of value) {
      out.push(first ? "- " : `${pad}- `);
      first = false;
      if (isContainer(item)) block(out, item, indent + 2, true);
      else out.push(scalar(item, indent + 2, indent + 2), "\n");
    }
    return;
  }
  // Any object of plain data: keys to values.
  const entries = value as Record<string, unknown>;
  for (const key of Object.keys(entries).sort(naturally)) {
    const text = keyText(key);
    out.push(first ? "" : pad, text, ":");
    first = false;
    const child = entries[key];
    if (isContainer(child)) {
      out.push("\n");
      block(out, child, Array.isArray(child) ? indent : indent + 2, false);
    } else {
      out.push(" ", scalar(child, indent + text.length + 2, indent + 2), "\n");
    }
  }
}

/** @param column where the scalar starts; `indent` of its continuation lines. */
function scalar(value: unknown, column: number, indent: number): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "[]";
  if (typeof value === "object") return "{}";
  if (typeof value !== "string") return typeof value === "number" ? number(value) : String(value);
  if (value.includes("\n") && blockAllowed(value)) return literal(value, indent);
  if (value.includes("\n") || SPECIAL.test(value) || meansSomethingElse(value))
    return doubleQuoted(value, column, indent);
  return plainAllowed(value) ? fold(value, column, indent, false) : singleQuoted(value, column, indent);
}

function keyText(key: string): string {
  if (key.includes("\n") || SPECIAL.test(key) || meansSomethingElse(key)) {
    return doubleQuoted(key, Number.NEGATIVE_INFINITY, 0);
  }
  return plainAllowed(key) ? key : `'${key.replaceAll("'", "''")}'`;
}

/** What no 64-bit integer holds is a float to go-yaml, which writes large ones with an exponent. */
function number(value: number): string {
  if (Number.isInteger(value) && (value < 0 ? value >= -(2 ** 63) : value < 2 ** 64)) return String(value);
  if (Number.isInteger(value)) return value.toExponential();
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

// Not printable for go-yaml: controls (tab too), and what is outside the basic planes' text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SPECIAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff\u0085\u2028\u2029]/;
const OTHER_TYPE =
  /^(|~|null|Null|NULL|[yY]|yes|Yes|YES|true|True|TRUE|on|On|ON|[nN]|no|No|NO|false|False|FALSE|off|Off|OFF|\.nan|\.NaN|\.NAN|[-+]?\.(inf|Inf|INF)|<<)$/;
const INTEGER = /^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
const TIMESTAMP = /^\d{4}-\d\d?-\d\d?([Tt ]\d\d?:\d\d:\d\d(\.\d+)?\s*(Z|[-+]\d\d?(:?\d\d)?)?)?$/;

/** Whether a reader would take the bare text for a number, a boolean, null or a time. */
function meansSomethingElse(text: string): boolean {
  return OTHER_TYPE.test(text) || INTEGER.test(text) || FLOAT.test(text) || BASE_60.test(text) || TIMESTAMP.test(text);
}

function plainAllowed(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^(---|\.\.\.)/.test(text)) return false;
  if (/^[-?:](\s|$)/.test(text) || /:(\s|$)/.test(text) || /\s#/.test(text)) return false;
  return !/^\s|\s$/.test(text);
}

function blockAllowed(text: string): boolean {
  return !SPECIAL.test(text) && !/ \n/.test(text) && !text.endsWith(" ");
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const pad = " ".repeat(indent);
  const lines = text.split("\n");
  if (text.endsWith("\n")) lines.pop();
  return `|${hint}${chomp}\n${lines.map((line) => (line ? pad + line : "")).join("\n")}`;
}

function singleQuoted(text: string, column: number, indent: number): string {
  return `'${fold(text.replaceAll("'", "''"), column + 1, indent, true)}'`;
}

/** Breaks at the first single space past the width. */
function fold(text: string, column: number, indent: number, quoted: boolean): string {
  if (column + text.length <= WIDTH || !text.includes(" ")) return text;
  let out = "";
  let spaces = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === " ") {
      const inside = !quoted || (i > 0 && i < text.length - 1);
      if (!spaces && column > WIDTH && inside && text[i + 1] !== " ") {
        out += `\n${" ".repeat(indent)}`;
        column = indent;
      } else {
        out += character;
        column++;
      }
      spaces = true;
    } else {
      out += character;
      if (!isLowSurrogate(text, i)) column++;
      spaces = false;
    }
  }
  return out;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(text: string, column: number, indent: number): string {
  let out = '"';
  column++;
  let spaces = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    const escaped = ESCAPES[character] ?? (SPECIAL.test(character) ? `\\${hex(character.charCodeAt(0))}` : undefined);
    if (escaped) {
      out += escaped;
      column += escaped.length;
      spaces = false;
    } else if (character === " ") {
      if (!spaces && column > WIDTH && i > 0 && i < text.length - 1) {
        out += `\n${" ".repeat(indent)}${text[i + 1] === " " ? "\\" : ""}`;
        column = indent;
      } else {
        out += character;
        column++;
      }
      spaces = true;
    } else {
      out += character;
      if (!isLowSurrogate(text, i)) column++;
      spaces = false;
    }
  }
  return `${out}"`;
}

function hex(code: number): string {
  return code <= 0xff
    ? `x${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}

const LETTER = /\p{L}/u;
const DIGIT = /[0-9]/;

/** go-yaml's order of keys: letters by code, other signs before letters, runs of digits by their number. */
function naturally(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const [aLetter, bLetter] = [LETTER.test(a[i]!), LETTER.test(b[i]!)];
    if (aLetter && bLetter) return a[i]! < b[i]! ? -1 : 1;
    if (aLetter || bLetter) return bLetter ? -1 : 1;
    const [aDigits, bDigits] = [digitsAt(a, i), digitsAt(b, i)];
    let [aNumber, bNumber] = [Number(aDigits || 0), Number(bDigits || 0)];
    if ((a[i] === "0" || b[i] === "0") && /[1-9]0*$/.test(a.slice(0, i))) {
      aNumber = Number(`1${aDigits}`);
      bNumber = Number(`1${bDigits}`);
    }
    if (aNumber !== bNumber) return aNumber - bNumber;
    if (aDigits.length !== bDigits.length) return aDigits.length - bDigits.length;
    return a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}

function digitsAt(text: string, from: number): string {
  let end = from;
  while (end < text.length && DIGIT.test(text[end]!)) end++;
  return text.slice(from, end);
}

/** What Go escapes with a letter or a backslash. */
export const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};
const PLAIN = /^[ !#-[\]-~]*$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Says whether Go's unicode.IsPrint holds for one character. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/** Quotes as Go's `%q`, which is how messages quote: like JSON for plain text, unlike it for control characters. */
export function goQuote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const character of text) out += ESCAPES[character] ?? (isPrintable(character) ? character : escaped(character));
  return `${out}"`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  // A lone surrogate cannot come from valid UTF-8; Go shows the replacement character in its place.
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}

import { parseJson } from "../../../openapi/exact-json.ts";

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const METADATA = Buffer.from('"metadata"');
const LABELS = Buffer.from('"labels"');

/**
 * The labels of an object in its bytes, which nothing else of it is made of: a list by a label looks at thousands of
 * objects that nobody has at hand, and to parse one takes twenty times as long.
 * @param json compact, as objects are stored. @returns undefined when it has none
 */
export function labelsInJson(json: Uint8Array): Record<string, string> | undefined {
  const metadata = memberOf(json, 0, METADATA);
  if (metadata < 0 || json[metadata] !== OPEN_BRACE) return undefined;
  const labels = memberOf(json, metadata, LABELS);
  if (labels < 0) return undefined;
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("utf8", labels, endOf(json, labels));
  return (parseJson(text) as Record<string, string> | null) ?? undefined; // validated before it was stored
}

/** Where the value of a member of the object at this place begins; -1 when there is none of that name. */
function memberOf(json: Uint8Array, object: number, name: Buffer): number {
  let at = object + 1;
  while (json[at] === QUOTE) {
    const colon = endOf(json, at);
    if (json[colon] !== COLON) return -1;
    if (isAt(json, at, colon, name)) return colon + 1;
    at = endOf(json, colon + 1);
    if (json[at] === COMMA) at++;
  }
  return -1;
}

function isAt(json: Uint8Array, from: number, to: number, name: Buffer): boolean {
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (json[from + i] !== name[i]) return false;
  return true;
}

/** The first byte after the value that begins here. */
function endOf(json: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        at++;
        while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
        if (depth === 0) return at + 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        if (depth === 0) return at + 1;
        if (depth < 0) return at; // of what a number or a word is in
        break;
      case COMMA:
        if (depth === 0) return at;
    }
  }
  return json.length;
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The bytes of a member inside JSON, of which nothing is made: to parse a whole object for a part of it takes many times as
 * long. Members are found by their names as they are written, without escapes.
 * @param json compact: an object without white space @param path names from the outside in, as `memberName` gives them
 * @returns a view; undefined when there is none
 */
export function memberOf(json: Uint8Array, path: readonly Uint8Array[]): Uint8Array | undefined {
  let at = 0;
  for (const name of path) {
    if (json[at] !== OPEN_BRACE) return undefined;
    at = valueAt(json, at, name);
    if (at < 0) return undefined;
  }
  return json.subarray(at, endOf(json, at));
}

/** A name as it stands in JSON. */
export const memberName = (name: string): Uint8Array => Buffer.from(`"${name}"`);

/** Where the value of a member of the object at this place begins; -1 when there is none of that name. */
function valueAt(json: Uint8Array, object: number, name: Uint8Array): number {
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

function isAt(json: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
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

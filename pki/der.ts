/**
 * The little of ASN.1 DER (X.690) that certificates need: a writer made of functions that return bytes, and a reader
 * that walks tag-length-value triples. Everything is definite length; tags below 31 only.
 */

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One tag-length-value. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([header(tag, length), ...contents]);
}

function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length);
  if (length < 0x10000) return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff);
  return Uint8Array.of(tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => tlv(Tag.sequence, ...items);
export const octetString = (bytes: Uint8Array): Uint8Array => tlv(Tag.octetString, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Uint8Array =>
  tlv(Tag.bitString, Uint8Array.of(unusedBits), bytes);
export const boolean = (value: boolean): Uint8Array => tlv(Tag.boolean, Uint8Array.of(value ? 0xff : 0));
export const utf8String = (text: string): Uint8Array => tlv(Tag.utf8String, Buffer.from(text, "utf8"));
export const nullValue = (): Uint8Array => tlv(Tag.null);
/** `[n] EXPLICIT`, or IMPLICIT of a constructed type. */
export const contextConstructed = (n: number, ...items: readonly Uint8Array[]): Uint8Array => tlv(0xa0 | n, ...items);
/** `[n] IMPLICIT` of a primitive type. */
export const contextPrimitive = (n: number, bytes: Uint8Array): Uint8Array => tlv(0x80 | n, bytes);

/** SET OF: DER wants its members sorted by their bytes. */
export function setOf(...items: readonly Uint8Array[]): Uint8Array {
  return tlv(Tag.set, ...[...items].sort(Buffer.compare));
}

/** An unsigned big-endian integer, in the fewest bytes and never negative. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  const negative = trimmed.length === 0 || (trimmed[0]! & 0x80) !== 0;
  return tlv(Tag.integer, ...(negative ? [Uint8Array.of(0)] : []), trimmed);
}

/** `1.2.840…` */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left % 128) | 0x80);
    bytes.push(...septets);
  }
  return tlv(Tag.objectIdentifier, Uint8Array.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime after, whole seconds (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Uint8Array {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/[-:T]/g, "");
  const utc = date.getUTCFullYear() < 2050;
  return tlv(utc ? Tag.utcTime : Tag.generalizedTime, Buffer.from(`${utc ? digits.slice(2) : digits}Z`, "latin1"));
}

/** One parsed triple; views into the input, nothing is copied. */
export interface Node {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Header and content. */
  readonly bytes: Uint8Array;
}

/** Thrown for bytes that are not DER. */
export class DerError extends Error {}

/** Reads one triple that must fill `bytes`. @throws DerError */
export function parse(bytes: Uint8Array): Node {
  const node = readAt(bytes, 0);
  if (node.bytes.length !== bytes.length) throw new DerError("syntax error: trailing data");
  return node;
}

/** The triples inside a constructed one. @throws DerError */
export function children(node: Node): Node[] {
  const nodes: Node[] = [];
  for (let offset = 0; offset < node.content.length; ) {
    const child = readAt(node.content, offset);
    nodes.push(child);
    offset += child.bytes.length;
  }
  return nodes;
}

function readAt(bytes: Uint8Array, start: number): Node {
  const tag = bytes[start];
  if (tag === undefined) throw new DerError("syntax error: sequence truncated");
  if ((tag & 0x1f) === 0x1f) throw new DerError("high tag numbers are not supported");
  const { length, offset } = readLength(bytes, start + 1);
  const end = offset + length;
  if (end > bytes.length) throw new DerError("syntax error: data truncated");
  return { tag, content: bytes.subarray(offset, end), bytes: bytes.subarray(start, end) };
}

/** Errors in the words of Go's encoding/asn1, which clients of certificate requests see. */
function readLength(bytes: Uint8Array, start: number): { length: number; offset: number } {
  const next = (index: number) => {
    const byte = bytes[index];
    if (byte === undefined) throw new DerError("syntax error: truncated tag or length");
    return byte;
  };
  const first = next(start);
  if (first < 0x80) return { length: first, offset: start + 1 };
  const count = first & 0x7f;
  if (count === 0) throw new DerError("syntax error: indefinite length found (not DER)");
  let length = 0;
  for (let i = 1; i <= count; i++) {
    const byte = next(start + i);
    if (length >= 1 << 23) throw new DerError("structure error: length too large");
    length = length * 256 + byte;
    if (length === 0) throw new DerError("structure error: superfluous leading zeros in length");
  }
  if (length < 0x80) throw new DerError("structure error: non-minimal length");
  return { length, offset: start + 1 + count };
}

/** Member `index` of a constructed node, which must have `tag` when given. @throws DerError */
export function child(nodes: readonly Node[], index: number, tag?: number): Node {
  const node = nodes[index];
  if (!node || (tag !== undefined && node.tag !== tag)) throw new DerError("structure error");
  return node;
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function readObjectIdentifier(node: Node): string {
  if (node.tag !== Tag.objectIdentifier) throw new DerError("structure error: not an object identifier");
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of node.content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(arc / 40), 2);
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** Any of the string types. */
export function readString(node: Node): string {
  const bytes = Buffer.from(node.content.buffer, node.content.byteOffset, node.content.length);
  if (node.tag === Tag.bmpString) return Buffer.from(bytes).swap16().toString("utf16le");
  return bytes.toString(node.tag === Tag.teletexString ? "latin1" : "utf8");
}

/** UTCTime or GeneralizedTime. */
export function readTime(node: Node): Date {
  const text = readString(node);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match || (match[1]!.length === 2) !== (node.tag === Tag.utcTime))
    throw new DerError(`cannot parse time ${text}`);
  const [, year, month, day, hour, minute, second] = match.map(Number);
  const full = node.tag === Tag.utcTime ? (year! < 50 ? 2000 + year! : 1900 + year!) : year!;
  return new Date(Date.UTC(full, month! - 1, day, hour, minute, second));
}

/** The bytes of a BIT STRING of whole bytes. */
export function readBitString(node: Node): Uint8Array {
  if (node.tag !== Tag.bitString || node.content.length === 0) throw new DerError("structure error: not a bit string");
  return node.content.subarray(1);
}

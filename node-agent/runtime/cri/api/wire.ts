import { fieldsOf, type MessageName } from "./messages.ts";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A message as plain data: fields in camelCase, 64-bit numbers as JavaScript's, maps as objects. */
export type Message = Record<string, unknown>;

/** Encodes a message of CRI v1; fields that are undefined or zero are left out, as proto3 does. */
export function encode(name: MessageName, message: object): Buffer {
  const parts: Buffer[] = [];
  const values = message as Message;
  for (const { field, number, type, repeated, map } of fieldsOf(name)) {
    const value = values[field];
    if (value === undefined || value === null) continue;
    if (map) {
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        const entry = Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(text))]);
        parts.push(delimited(number, entry));
      }
    } else if (repeated) {
      for (const item of value as unknown[]) parts.push(encodeField(number, type, item));
    } else if (value !== 0 && value !== "" && value !== false) {
      parts.push(encodeField(number, type, value));
    }
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, type: string, value: unknown): Buffer {
  switch (type) {
    case "string":
      return delimited(number, Buffer.from(value as string));
    case "bytes":
      return delimited(number, value as Buffer);
    case "bool":
      return Buffer.concat([varint(number * 8 + VARINT), varint(value ? 1 : 0)]);
    case "number":
      return Buffer.concat([varint(number * 8 + VARINT), varint(value as number)]);
    default:
      return delimited(number, encode(type as MessageName, value as object));
  }
}

const delimited = (number: number, bytes: Buffer) =>
  Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Decodes a message; unknown fields are skipped, lists and maps are always there, absent scalars are zero. */
export function decode(name: MessageName, bytes: Buffer): Message {
  const fields = fieldsOf(name);
  const result: Message = {};
  for (const { field, type, repeated, map } of fields) {
    if (map) result[field] = {};
    else if (repeated) result[field] = [];
    else if (type in ZERO) result[field] = ZERO[type as keyof typeof ZERO];
  }
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const known = fields.find(({ number }) => number === tag >>> 3);
    if (!known) {
      reader.skip(tag & 7);
      continue;
    }
    const { field, type, repeated, map } = known;
    if (map) {
      const [key, value] = mapEntry(reader.bytes());
      (result[field] as Record<string, string>)[key] = value;
    } else if (repeated && (tag & 7) === BYTES && type === "number") {
      const packed = new Reader(reader.bytes());
      while (!packed.done) (result[field] as unknown[]).push(decodeField(type, packed));
    } else if (repeated) (result[field] as unknown[]).push(decodeField(type, reader));
    else result[field] = decodeField(type, reader);
  }
  return result;
}

const ZERO = { string: "", bytes: Buffer.alloc(0), bool: false, number: 0 } as const;

function decodeField(type: string, reader: Reader): unknown {
  switch (type) {
    case "string":
      return reader.bytes().toString("utf8");
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.varint() !== 0n;
    case "number":
      return Number(BigInt.asIntN(64, reader.varint()));
    default:
      return decode(type as MessageName, reader.bytes());
  }
}

function mapEntry(bytes: Buffer): [string, string] {
  const reader = new Reader(bytes);
  const entry: [string, string] = ["", ""];
  while (!reader.done) {
    const tag = Number(reader.varint());
    if (tag >>> 3 === 1) entry[0] = reader.bytes().toString("utf8");
    else if (tag >>> 3 === 2) entry[1] = reader.bytes().toString("utf8");
    else reader.skip(tag & 7);
  }
  return entry;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("truncated message");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  bytes(): Buffer {
    const end = Number(this.varint()) + this.#at;
    if (end > this.#bytes.length) throw new Error("truncated message");
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === BYTES) this.bytes();
    else if (wireType === FIXED64) this.#at += 8;
    else if (wireType === FIXED32) this.#at += 4;
    else throw new Error(`unexpected wire type ${wireType}`);
  }
}

/** The protobuf wire: a writer that fills its buffer from the end, as Go's generated code does, and a reader. */
import { DecodeError } from "../json-tree.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Texts up to this long are copied letter by letter, which is quicker than a call into native code. */
const SHORT = 48;

/**
 * Writes backwards: a message's length is known when its bytes are there, so nothing is moved or measured twice. Fields
 * are therefore written last tag first, value before key.
 */
export class Writer {
  #buffer: Buffer;
  #at: number;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#at = size;
  }

  /** Bytes written so far. Differences of it are the lengths of messages. */
  get size(): number {
    return this.#buffer.length - this.#at;
  }

  #room(count: number): void {
    if (this.#at < count) this.#grow(count);
  }

  #grow(count: number): void {
    const used = this.size;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + count));
    this.#buffer.copy(grown, grown.length - used, this.#at);
    this.#at = grown.length - used;
    this.#buffer = grown;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A whole number; negative ones take ten bytes, as two's complement of 64 bits. */
  varint(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value < 0x4000) {
      this.#room(2);
      if (value < 0x80) this.#buffer[--this.#at] = value;
      else {
        this.#buffer[--this.#at] = value >>> 7;
        this.#buffer[--this.#at] = (value & 0x7f) | 0x80;
      }
    } else if (typeof value === "bigint" || value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.#bigVarint(BigInt(value));
    } else {
      let length = 3;
      for (let limit = 0x200000; value >= limit; limit *= 0x80) length++;
      this.#room(length);
      this.#at -= length;
      let rest = value;
      for (let i = 0; i < length - 1; i++) {
        this.#buffer[this.#at + i] = (rest % 0x80) | 0x80;
        rest = Math.floor(rest / 0x80);
      }
      this.#buffer[this.#at + length - 1] = rest;
    }
  }

  #bigVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
  }

  double(value: number): void {
    this.#room(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#at -= bytes.length;
    if (bytes.length > SHORT) this.#buffer.set(bytes, this.#at);
    else for (let i = 0; i < bytes.length; i++) this.#buffer[this.#at + i] = bytes[i] as number; // within bounds
  }

  /** Text with its length. */
  string(text: string): void {
    if (text.length > SHORT || !this.#ascii(text)) {
      const length = Buffer.byteLength(text);
      this.#room(length);
      this.#at -= length;
      this.#buffer.write(text, this.#at, length, "utf8");
      this.varint(length);
    } else this.varint(text.length);
  }

  /** @returns false, and nothing is written, when there are other letters in it */
  #ascii(text: string): boolean {
    this.#room(text.length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let i = text.length - 1; i >= 0; i--) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[--at] = code;
    }
    this.#at = at;
    return true;
  }

  bytes(bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
  }

  /** The bytes so far, as four big-endian bytes: what divides messages on a stream. */
  length32(): void {
    const length = this.size;
    this.#room(4);
    this.#at -= 4;
    this.#buffer.writeUInt32BE(length, this.#at);
  }

  /** A view of what was written. */
  finish(): Uint8Array {
    return this.#buffer.subarray(this.#at);
  }

  /** What was written, in a buffer of just its size; the writer is empty then. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.size);
    this.#buffer.copy(taken, 0, this.#at);
    this.clear();
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = this.#buffer.length;
  }
}

/** Reads fields in order. Errors are those of Go's generated code. */
export class Reader {
  readonly #buffer: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.length;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Goes into a field that is a message: reading ends with it. @returns what `leave` takes */
  enter(): number {
    const length = this.#length();
    const end = this.#end;
    if (this.#at + length > end) throw new DecodeError("unexpected EOF");
    this.#end = this.#at + length;
    return end;
  }

  /** Comes back from a message that was read to its end. */
  leave(end: number): void {
    this.#end = end;
  }

  /** The next field's number and wire type, as number × 8 + type. */
  key(): number {
    const small = this.#small();
    return small >= 0 ? small % 0x100000000 : Number(this.#varint() & 0xffffffffn);
  }

  /** A number of up to seven bytes, as nearly all are. @returns -1, and nothing is read, when it is another one */
  #small(): number {
    const buffer = this.#buffer;
    const end = Math.min(this.#end, this.#at + 7);
    let value = 0;
    for (let at = this.#at, unit = 1; at < end; at++, unit *= 0x80) {
      const byte = buffer[at] as number; // within bounds
      if (byte < 0x80) {
        this.#at = at + 1;
        return value + byte * unit;
      }
      value += (byte & 0x7f) * unit;
    }
    return -1;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift >= 64n) throw new DecodeError("proto: integer overflow");
      if (this.#at >= this.#end) throw new DecodeError("unexpected EOF");
      const byte = this.#buffer[this.#at++] as number; // within bounds
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  }

  /** A bigint where a number would lose digits. */
  exactInt64(): number | bigint {
    const small = this.#small();
    if (small >= 0) return small;
    const value = BigInt.asIntN(64, this.#varint());
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  int64(): number {
    const small = this.#small();
    return small >= 0 ? small : Number(BigInt.asIntN(64, this.#varint()));
  }

  int32(): number {
    const small = this.#small();
    return small >= 0 ? small | 0 : Number(BigInt.asIntN(32, this.#varint()));
  }

  boolean(): boolean {
    const small = this.#small();
    return small >= 0 ? small !== 0 : this.#varint() !== 0n;
  }

  double(): number {
    const start = this.#take(8);
    return this.#buffer.readDoubleLE(start);
  }

  string(): string {
    const length = this.#length();
    const start = this.#take(length);
    return this.#buffer.toString("utf8", start, start + length);
  }

  /** A view on a field's bytes, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length();
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  skip(key: number): void {
    const type = key & 7;
    if (type === VARINT) this.#varint();
    else if (type === FIXED64) this.#take(8);
    else if (type === BYTES) this.bytes();
    else if (type === FIXED32) this.#take(4);
    else throw new DecodeError(`proto: illegal wireType ${type}`);
  }

  #length(): number {
    const length = this.int64();
    if (length < 0) throw new DecodeError("proto: negative length found during unmarshaling");
    return length;
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#end) throw new DecodeError("unexpected EOF");
    this.#at += count;
    return start;
  }
}

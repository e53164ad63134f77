/** Frames of SPDY/3.1: control frames by type, and data. (SPDY/3.1 draft, 2.2) */
export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;
/** The last frame of its sender on the stream. */
export const FIN = 1;

export type Frame =
  | { readonly type: "data"; readonly stream: number; readonly flags: number; readonly payload: Buffer }
  | { readonly type: number; readonly flags: number; readonly payload: Buffer };

const HEAD_BYTES = 8;
const VERSION = 3;
const CONTROL = 0x8000_0000;

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws Error for another version of SPDY */
  *read(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (this.#rest.length >= HEAD_BYTES) {
      const word = this.#rest.readUInt32BE(0);
      const flags = this.#rest.readUInt8(4);
      const end = HEAD_BYTES + this.#rest.readUIntBE(5, 3);
      if (this.#rest.length < end) return;
      const payload = this.#rest.subarray(HEAD_BYTES, end);
      this.#rest = this.#rest.subarray(end);
      if (word < CONTROL) yield { type: "data", stream: word, flags, payload };
      else if (((word >>> 16) & 0x7fff) !== VERSION) throw new Error("not SPDY/3");
      else yield { type: word & 0xffff, flags, payload };
    }
  }
}

export function dataFrame(stream: number, flags: number, payload: Buffer): Buffer {
  return frame(stream, flags, payload);
}

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  return frame((CONTROL | (VERSION << 16) | type) >>> 0, flags, payload);
}

function frame(word: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(word, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** The numbers that many control frames consist of. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

import { constants, createInflate, deflateSync, type Inflate } from "node:zlib";
import { DICTIONARY } from "./dictionary.ts";

/** Header names are lower case; several values of one name are kept apart. */
export type HeaderBlock = ReadonlyMap<string, readonly string[]>;

/** zlib's header and the dictionary's checksum: what a compressed stream starts with. */
const PREAMBLE = deflateSync("", { dictionary: DICTIONARY }).subarray(0, 6);
/** An empty stored block: readers flush what they have when they see it, as at Z_SYNC_FLUSH. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);
const MAX_BLOCK_BYTES = 0xffff;

/** Writes header blocks as one zlib stream of stored blocks: valid, synchronous, and replies are a few bytes anyway. */
export class HeaderEncoder {
  #started = false;

  encode(headers: HeaderBlock): Buffer {
    const plain = serialize(headers);
    const parts: Buffer[] = this.#started ? [] : [PREAMBLE];
    this.#started = true;
    for (let at = 0; at < plain.length; at += MAX_BLOCK_BYTES) {
      const piece = plain.subarray(at, at + MAX_BLOCK_BYTES);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(piece.length, 1);
      head.writeUInt16LE(~piece.length & 0xffff, 3);
      parts.push(head, piece);
    }
    return Buffer.concat([...parts, FLUSH]);
  }
}

/** Reads header blocks in the order of their frames: they share one compressed stream. */
export class HeaderDecoder {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  #chunks: Buffer[] = [];

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** @throws Error when the bytes are no header block */
  decode(bytes: Buffer): Promise<HeaderBlock> {
    return new Promise((resolve, reject) => {
      this.#inflate.once("error", reject);
      this.#inflate.write(bytes, (error) => {
        this.#inflate.off("error", reject);
        if (error) return reject(error);
        const plain = Buffer.concat(this.#chunks);
        this.#chunks = [];
        try {
          resolve(parse(plain));
        } catch (wrong) {
          reject(wrong);
        }
      });
    });
  }

  close(): void {
    this.#inflate.close();
  }
}

function serialize(headers: HeaderBlock): Buffer {
  const parts = [number(headers.size)];
  for (const [name, values] of headers) {
    for (const text of [name.toLowerCase(), values.join("\0")]) {
      const bytes = Buffer.from(text, "utf8");
      parts.push(number(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function parse(plain: Buffer): HeaderBlock {
  let at = 0;
  const integer = () => {
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = integer();
    if (at + length > plain.length) throw new Error("a header is longer than its block");
    at += length;
    return plain.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string[]>();
  for (let left = integer(); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), ...text().split("\0")]);
  }
  return headers;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import { timingSafeEqual } from "node:crypto";

/** NaCl's secretbox, XSalsa20 with Poly1305, which OpenSSL does not have. */

const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const NONCE = 24;
const TAG = 16;
const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** nonce + tag + ciphertext. @param key 32 bytes @param nonce 24 bytes, never used twice with one key */
export function seal(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const { stream, macKey } = keyStream(key, nonce, plain.length);
  const cipher = xor(plain, stream);
  return Buffer.concat([nonce, poly1305(cipher, macKey), cipher]);
}

/** @returns undefined when the text was not made with this key */
export function open(sealed: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  const cipher = sealed.subarray(NONCE + TAG);
  const { stream, macKey } = keyStream(key, sealed.subarray(0, NONCE), cipher.length);
  const tag = sealed.subarray(NONCE, NONCE + TAG);
  return timingSafeEqual(poly1305(cipher, macKey), tag) ? xor(cipher, stream) : undefined;
}

/** The first 32 bytes of the stream are the key of the tag. */
function keyStream(key: Uint8Array, nonce: Uint8Array, length: number): { stream: Uint8Array; macKey: Uint8Array } {
  const k = words(key);
  const n = words(nonce);
  const inner = core([SIGMA[0]!, ...k.slice(0, 4), SIGMA[1]!, ...n.slice(0, 4), SIGMA[2]!, ...k.slice(4), SIGMA[3]!]);
  const subkey = [0, 5, 10, 15, 6, 7, 8, 9].map((i) => inner[i]!);
  const blocks: Uint8Array[] = [];
  for (let block = 0; block * 64 < length + 32; block++) {
    const input = [
      SIGMA[0]!,
      ...subkey.slice(0, 4),
      SIGMA[1]!,
      n[4]!,
      n[5]!,
      block >>> 0,
      0,
      SIGMA[2]!,
      ...subkey.slice(4),
      SIGMA[3]!,
    ];
    const mixed = core(input);
    blocks.push(bytes(mixed.map((word, i) => (word + input[i]!) | 0)));
  }
  const all = Buffer.concat(blocks);
  return { macKey: all.subarray(0, 32), stream: all.subarray(32, 32 + length) };
}

/** 20 rounds of Salsa20, without the addition of the input. */
function core(input: readonly number[]): number[] {
  const x = Int32Array.from(input);
  const turn = (to: number, a: number, b: number, bits: number) => {
    const sum = (x[a]! + x[b]!) | 0;
    x[to] = x[to]! ^ ((sum << bits) | (sum >>> (32 - bits)));
  };
  const quarter = (a: number, b: number, c: number, d: number) => {
    turn(b, a, d, 7);
    turn(c, b, a, 9);
    turn(d, c, b, 13);
    turn(a, d, c, 18);
  };
  for (let round = 0; round < 20; round += 2) {
    quarter(0, 4, 8, 12);
    quarter(5, 9, 13, 1);
    quarter(10, 14, 2, 6);
    quarter(15, 3, 7, 11);
    quarter(0, 1, 2, 3);
    quarter(5, 6, 7, 4);
    quarter(10, 11, 8, 9);
    quarter(15, 12, 13, 14);
  }
  return [...x];
}

function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & CLAMP;
  const s = littleEndian(key.subarray(16, 32));
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(block.length * 8))) * r) % PRIME;
  }
  const tag = ((sum + s) & ((1n << 128n) - 1n)).toString(16).padStart(32, "0");
  return Buffer.from(tag, "hex").reverse();
}

const littleEndian = (part: Uint8Array): bigint => BigInt(`0x${Buffer.from(part).reverse().toString("hex") || "0"}`);
const words = (part: Uint8Array): number[] => {
  const view = Buffer.from(part);
  return Array.from({ length: view.length / 4 }, (_, i) => view.readInt32LE(4 * i));
};
const bytes = (list: readonly number[]): Uint8Array => {
  const out = Buffer.alloc(list.length * 4);
  for (const [i, word] of list.entries()) out.writeInt32LE(word, 4 * i);
  return out;
};
const xor = (text: Uint8Array, stream: Uint8Array): Uint8Array => text.map((byte, i) => byte ^ stream[i]!);

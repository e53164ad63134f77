import { createHash, createHmac } from "node:crypto";
import { validateFullyQualifiedDomainName } from "../../../meta/domain-names.ts";
import { aesGcm, type Cipher, TOO_SHORT } from "../ciphers.ts";
import { decodeMessage, encodeMessage, textOf } from "./messages.ts";
import type { Encrypted } from "./plugin.ts";

const MAX_KEY_ID = 1024;
const MAX_SOURCE = 1024;
const MAX_ANNOTATIONS = 32 * 1024;
/** Of seeds, of the keys made of them, and of what tells these apart. */
const SIZE = 32;

/** What the plugin decrypts `source` to: an AES-GCM key, or a seed that a key for each value is derived from. */
export type SourceType = "key" | "seed";

/** How a value lies in the database, after its prefix. (envelope/kmsv2/v2 EncryptedObject) */
export interface EncryptedObject {
  readonly data: Uint8Array;
  readonly source: Encrypted;
  readonly type: SourceType;
}

/** @throws Error in upstream's words */
export function encodeEncryptedObject(object: EncryptedObject): Buffer {
  const { ciphertext, keyId, annotations } = object.source;
  return encodeMessage([
    [1, object.data],
    [2, keyId],
    [3, ciphertext],
    [4, annotations],
    [5, object.type === "seed" ? 1 : 0],
  ]);
}

/** @throws Error in upstream's words */
export function decodeEncryptedObject(stored: Uint8Array): EncryptedObject {
  const { bytes, numbers, annotations } = decodeMessage(stored, 4);
  const type = numbers.get(5) ?? 0;
  if (type > 1 || type < 0) throw new Error(`unknown encryptedDEKSourceType: ${type}`);
  const data = bytes.get(1) ?? new Uint8Array();
  if (data.length === 0) throw new Error("encrypted data is empty");
  const source = { ciphertext: bytes.get(3) ?? new Uint8Array(), keyId: textOf(bytes.get(2)), annotations };
  checkSource(source);
  return { data, source, type: type === 1 ? "seed" : "key" };
}

/** What a plugin may answer. @throws Error in upstream's words */
export function checkSource({ ciphertext, keyId, annotations }: Encrypted): void {
  const { length } = ciphertext;
  const source = "failed to validate encrypted DEK source: encrypted DEK source is";
  if (length === 0) throw new Error(`${source} empty`);
  if (length > MAX_SOURCE) throw new Error(`${source} ${length} bytes, which exceeds the max size of ${MAX_SOURCE}`);
  const problem = keyIdProblem(keyId);
  if (problem) throw new Error(`failed to validate key id: ${problem}`);
  const problems = Object.keys(annotations).flatMap((key) =>
    validateFullyQualifiedDomainName(key, "annotations").map((error) => error.message()),
  );
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) size += Buffer.byteLength(key) + value.length;
  if (size > MAX_ANNOTATIONS) {
    problems.push(`total size of annotations is ${size}, which exceeds the max size of ${MAX_ANNOTATIONS}`);
  }
  if (problems.length === 0) return;
  throw new Error(`failed to validate annotations: ${problems.length > 1 ? `[${problems.join(", ")}]` : problems[0]}`);
}

/** @returns "" for one that may be */
export function keyIdProblem(keyId: string): string {
  const length = Buffer.byteLength(keyId);
  if (length === 0) return "keyID is empty";
  return length > MAX_KEY_ID ? `keyID is ${length} bytes, which exceeds the max size of ${MAX_KEY_ID}` : "";
}

/** What logs and messages show of a key's id. */
export function keyIdHash(keyId: string): string {
  return keyId && `sha256:${createHash("sha256").update(keyId).digest("hex")}`;
}

/**
 * AES-GCM with a key of its own for each value: HKDF's expansion of the seed and 32 random bytes, which precede the
 * value. @throws Error for a seed that is too short (encrypt/aes/aes_extended_nonce.go)
 */
export function seedCipher(seed: Uint8Array, random: (length: number) => Uint8Array): Cipher {
  if (seed.length < SIZE) throw new Error(`invalid seed length ${seed.length} used for key generation`);
  const derived = (info: Uint8Array) => aesGcm(expand(seed, info), random);
  return {
    encrypt(key, plain) {
      const info = random(SIZE);
      return Buffer.concat([info, derived(info).encrypt(key, plain)]);
    },
    decrypt(key, data) {
      if (data.length < SIZE) throw new Error(TOO_SHORT);
      return derived(data.subarray(0, SIZE)).decrypt(key, data.subarray(SIZE));
    },
  };
}

/** 32 bytes of HKDF-SHA256 without its first step, so one block; after the info comes the block's number. (RFC 5869) */
export function expand(key: Uint8Array, info: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(info).update(Buffer.of(1)).digest();
}

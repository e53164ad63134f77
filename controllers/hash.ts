import { canonicalJson } from "./equality.ts";

/** Without vowels and look-alikes, so that no hash spells a word. (apimachinery/pkg/util/rand) */
const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** FNV-1a, 32 bits. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Spells any text in the safe alphabet, one character for each byte. (rand.SafeEncodeString) */
export function safeEncode(text: string): string {
  return [...Buffer.from(text, "utf8")].map((byte) => SAFE_ALPHABET[byte % SAFE_ALPHABET.length]).join("");
}

/**
 * The hash in pod-template-hash and controller-revision-hash. Upstream hashes Go's printing of the struct, which
 * nothing but Go can repeat; here it is the canonical JSON, as stable and as long.
 */
export function hashOf(value: unknown, collisionCount: number | undefined): string {
  return safeEncode(String(fnv32a(canonicalJson(value) + (collisionCount === undefined ? "" : `\0${collisionCount}`))));
}

import { createHash } from "node:crypto";

/** The longest name that nftables takes for a chain with one of our prefixes. (knftables NameLengthMax) */
const LONGEST = 256 - 16;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first eight letters of a hash in base 32: names that are told apart at a glance, and unique when cut. */
function shortHash(text: string): string {
  const bytes = createHash("sha256").update(text).digest();
  let letters = "";
  for (let bit = 0; letters.length < 8; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    letters += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return letters;
}

/** A hash before a name, cut to what nftables takes. (pkg/proxy/nftables hashAndTruncate) */
export function hashedName(name: string): string {
  const whole = `${shortHash(name)}-${name}`;
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST - 3)}...` : whole;
}

/** Randomness that comes in as an argument: a number from 0 (included) to 1 (excluded), as Math.random. */
export type Random = () => number;

/** No vowels and no digits that look like one, so that no word can arise. (apimachinery/pkg/util/rand) */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;

/** Letters and digits that are safe in names. */
export function randomSuffix(length: number, random: Random): string {
  let suffix = "";
  for (let index = 0; index < length; index++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return suffix;
}

/** A name from `generateName`: 63 characters at most. (apiserver/pkg/storage/names) */
export function generateName(base: string, random: Random): string {
  return base.slice(0, MAX_BASE_LENGTH) + randomSuffix(SUFFIX_LENGTH, random);
}

/** A version 4 UUID. */
export function randomUid(random: Random): string {
  let hex = "";
  for (let index = 0; index < 32; index++) {
    const digit = Math.floor(random() * 16);
    hex += (index === 12 ? 4 : index === 16 ? (digit & 3) | 8 : digit).toString(16);
  }
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

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
  const hex = (digits: number) => {
    let text = "";
    for (let index = 0; index < digits; index++) text += HEX[Math.floor(random() * 16)];
    return text;
  };
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${HEX[Math.floor(random() * 4) + 8]}${hex(3)}-${hex(12)}`;
}
const HEX = "0123456789abcdef";

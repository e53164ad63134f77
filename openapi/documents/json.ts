import type { Steps } from "../steps.ts";

/** Documents have their many paths and schemas no deeper than this. */
const LEVELS = 3;

/** A document as JSON in UTF-8, as `JSON.stringify` prints it: a large one is one of tens of megabytes. */
export function* documentJson(document: object): Steps<Uint8Array> {
  const pieces: Buffer[] = [];
  yield* print(document, LEVELS, pieces);
  return Buffer.concat(pieces);
}

function* print(value: unknown, levels: number, pieces: Buffer[]): Steps<void> {
  if (levels === 0 || typeof value !== "object" || value === null || Array.isArray(value)) {
    pieces.push(Buffer.from(JSON.stringify(value)));
    yield;
    return;
  }
  let separator = "{";
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    pieces.push(Buffer.from(`${separator}${JSON.stringify(key)}:`));
    separator = ",";
    yield* print(member, levels - 1, pieces);
  }
  pieces.push(Buffer.from(separator === "{" ? "{}" : "}"));
}

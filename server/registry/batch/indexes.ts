import { goQuote } from "../../meta/go-quote.ts";

interface Interval {
  readonly first: number;
  readonly last: number;
}

/**
 * How many indexes `1,3-5,7` names. @throws Error in upstream's words (validateIndexesFormat of
 * pkg/apis/batch/validation)
 */
export function countIndexes(text: string, completions: number): number {
  let previous: number | undefined;
  let total = 0;
  for (const fragment of text ? text.split(",") : []) {
    const { first, last } = parseInterval(fragment, completions);
    if (previous !== undefined && previous >= first) {
      throw new Error(`non-increasing order, previous: ${previous}, current: ${first}`);
    }
    total += last - first + 1;
    previous = last;
  }
  return total;
}

function parseInterval(fragment: string, completions: number): Interval {
  const parts = fragment.split("-");
  if (parts.length > 2) {
    throw new Error(
      `the fragment ${goQuote(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const first = parseIndex(parts[0] ?? "", completions);
  if (parts.length === 1) return { first, last: first };
  const last = parseIndex(parts[1] ?? "", completions);
  if (first >= last) throw new Error(`non-increasing order, previous: ${first}, current: ${last}`);
  return { first, last };
}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new Error(`cannot convert string to integer for index: ${goQuote(text)}`);
  const index = Number(text);
  if (index >= completions) throw new Error(`too large index: ${goQuote(text)}`);
  return index;
}

/** The first index that both name; fragments that cannot be read name none. */
export function firstOverlap(completed: string, failed: string, completions: number): number | undefined {
  const read = (text: string) =>
    text.split(",").flatMap((fragment) => {
      try {
        return [parseInterval(fragment, completions)];
      } catch {
        return [];
      }
    });
  const others = read(failed);
  for (const a of read(completed)) {
    const b = others.find((other) => a.first <= other.last && other.first <= a.last);
    if (b) return Math.max(a.first, b.first);
  }
  return undefined;
}

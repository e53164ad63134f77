const COMMA = 0x2c;
const BRACE = 0x7b;

/** Where the items of a JSON list stand. */
export interface Frame {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Bytes at the start of each item that the list leaves out: kind and apiVersion, which are the same for all. */
  readonly skip: number;
}

/** The bytes of a JSON list, which are nowhere as a whole: made of the stored ones, a buffer at a time. */
export class ListBytes {
  readonly length: number;
  readonly #items: readonly Uint8Array[];
  readonly #frame: Frame;
  /** What is to be copied next: 0 is the head, then the items, then the tail. */
  #part = 0;
  /** Bytes of it that were copied already. */
  #offset = 0;

  /** @param items JSON of each, without a newline. */
  constructor(items: readonly Uint8Array[], frame: Frame) {
    this.#items = items;
    this.#frame = frame;
    const { head, tail, skip } = frame;
    // An item has its comma before it, and its brace in front of what is left of it.
    let length = head.length + tail.length + items.length * (skip > 0 ? 2 - skip : 1) - (items.length > 0 ? 1 : 0);
    for (const item of items) length += item.length;
    this.length = length;
  }

  /** Writes the next bytes into a buffer of at least two. @returns how many: 0 when all have been written */
  fill(buffer: Buffer): number {
    const { head, tail, skip } = this.#frame;
    const items = this.#items;
    const size = buffer.length;
    let used = 0;
    while (this.#part < items.length + 2) {
      const index = this.#part - 1;
      const bytes = index < 0 ? head : index < items.length ? items[index]! : tail;
      if (this.#offset === 0 && index >= 0 && index < items.length) {
        if (used + 2 > size) return used;
        if (index > 0) buffer[used++] = COMMA;
        if (skip > 0) buffer[used++] = BRACE;
        this.#offset = skip;
      }
      const left = bytes.length - this.#offset;
      const room = size - used;
      // Buffer's own copy: a view of the source would be an object for each item.
      Buffer.prototype.copy.call(bytes, buffer, used, this.#offset, this.#offset + Math.min(left, room));
      if (left > room) {
        this.#offset += room;
        return size;
      }
      used += left;
      this.#offset = 0;
      this.#part++;
    }
    return used;
  }
}

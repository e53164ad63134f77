import type { Chunks } from "./send-chunks.ts";

/** A body that is one piece after the other, and nowhere as a whole. */
export class Pieces implements Chunks {
  readonly length: number;
  readonly #pieces: readonly Uint8Array[];
  #next = 0;
  /** Bytes of the next piece that were copied already. */
  #offset = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  fill(buffer: Buffer): number {
    let used = 0;
    while (this.#next < this.#pieces.length && used < buffer.length) {
      const piece = this.#pieces[this.#next]!;
      const count = Math.min(piece.length - this.#offset, buffer.length - used);
      // Buffer's own copy: a view of the source would be an object for each piece.
      Buffer.prototype.copy.call(piece, buffer, used, this.#offset, this.#offset + count);
      used += count;
      this.#offset += count;
      if (this.#offset < piece.length) break;
      this.#offset = 0;
      this.#next++;
    }
    return used;
  }
}

/** Frames that go out together. What they are in one piece is made once, for all who are sent them. */
export class Frames {
  readonly list: Buffer[] = [];
  #length = 0;
  #joined: Buffer | undefined;

  /** Bytes of all. */
  get length(): number {
    return this.#length;
  }

  push(frame: Buffer): void {
    this.list.push(frame);
    this.#length += frame.length;
    this.#joined = undefined;
  }

  /** Shared: never written to. */
  get joined(): Buffer {
    this.#joined ??= this.list.length === 1 ? this.list[0]! : Buffer.concat(this.list, this.#length);
    return this.#joined;
  }
}

/** Of those who have frames to send. */
let flushes: (() => void)[] = [];

/** When this turn of the event loop has read all it reads: several commits may end in it, and writes cost more than bytes. */
export function flushSoon(flush: () => void): void {
  if (flushes.push(flush) > 1) return;
  setImmediate(() => {
    const all = flushes;
    flushes = [];
    for (const each of all) each();
  });
}

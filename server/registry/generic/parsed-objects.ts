/** What objects that stay parsed take as JSON, together; parsed they are some four times as large. */
const KEPT_BYTES = 1024 * 1024;

/** Who has a parsed form at hand that could be made again. */
export interface Parsed {
  /** Whether it was asked for since it was last looked at. */
  isWanted: boolean;
  /** Bytes of what it was parsed from. */
  readonly size: number;
  forget(): void;
}

/**
 * Lets objects stay parsed as long as they are new or asked for, and few: the oldest go first, but for those that were
 * wanted meanwhile. Weak references would do the same with less code, but V8 clears them in full collections only: every
 * object that a request looks at would be copied twice, and live on among the old ones.
 */
export class ParsedObjects {
  readonly #most: number;
  /** Oldest at `#first`. */
  #queue: (Parsed | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  /** @param most bytes kept; a single object may be larger, and is kept until the next comes */
  constructor(most = KEPT_BYTES) {
    this.#most = most;
  }

  add(parsed: Parsed): void {
    this.#queue.push(parsed);
    this.#bytes += parsed.size;
    // Each is passed over once at most: then all are unwanted.
    while (this.#bytes > this.#most && this.#queue.length - this.#first > 1) this.#passOldest();
    if (this.#first * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }

  #passOldest(): void {
    const oldest = this.#queue[this.#first]!;
    this.#queue[this.#first++] = undefined;
    if (oldest.isWanted) {
      oldest.isWanted = false;
      this.#queue.push(oldest);
      return;
    }
    this.#bytes -= oldest.size;
    oldest.forget();
  }
}

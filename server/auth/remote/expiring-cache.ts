/** Remembers answers for a while; the oldest go when there are too many. */
export class ExpiringCache<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();
  readonly #limit: number;
  readonly #now: () => Date;

  constructor(limit: number, now: () => Date) {
    this.#limit = limit;
    this.#now = now;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until > this.#now().getTime()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: T, milliseconds: number): void {
    if (milliseconds <= 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, { value, until: this.#now().getTime() + milliseconds });
  }
}

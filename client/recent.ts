const MOST_ENTRIES = 4096;

/** A map that forgets what was used least recently. */
export class Recent<V> {
  readonly #map = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#map.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size > MOST_ENTRIES) for (const oldest of this.#map.keys()) return void this.#map.delete(oldest);
  }
}

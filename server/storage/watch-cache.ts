import { SortedMap } from "./sorted-map.ts";
import type { Change, Page } from "./storage.ts";

/** Recent changes take no more memory than this, besides the values that are live in any case. */
const recentBytes = 16 * 1024 * 1024;

/**
 * The newest durable state of all keys and the recent changes, in memory: what lists, gets and watches are served from.
 * (apiserver/pkg/storage/cacher/watch_cache.go)
 */
export class WatchCache {
  readonly #live = new SortedMap<Change>();
  /** Contiguous revisions: `#recent[#start]` is revision `#recentAfter + 1`. */
  #recent: (Change | undefined)[] = [];
  #start = 0;
  #bytes = 0;
  #recentAfter: number;
  #revision: number;

  readonly #recentChanges: number;

  /** @param live in byte order of keys. @param options.recentChanges so many are kept, if they are not too large. */
  constructor(live: readonly Change[], { revision, recentChanges }: { revision: number; recentChanges: number }) {
    this.#recentChanges = recentChanges;
    this.#live.load(live.map((change) => [change.key, change]));
    this.#revision = revision;
    this.#recentAfter = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Changes after this revision are in memory. */
  get recentAfter(): number {
    return this.#recentAfter;
  }

  peek(key: string): Change | undefined {
    return this.#live.get(key);
  }

  count(prefix: string, after?: string): number {
    return this.#live.count(prefix, after);
  }

  /** At the newest revision. */
  list(prefix: string, limit: number, after?: string): Page {
    const items = this.#live.values(prefix, after, limit);
    const remaining = limit && items.length === limit ? this.#live.count(prefix, items.at(-1)?.key) : 0;
    return { items, revision: this.#revision, remaining };
  }

  /** Live objects under the prefix, in order. @param limit 0 = all. */
  values(prefix: string, after?: string, limit = 0): Change[] {
    return this.#live.values(prefix, after, limit);
  }

  /** Shows a durable change. Its revision is the next one. */
  apply(change: Change): void {
    if (change.type === "delete") this.#live.delete(change.key);
    else this.#live.set(change.key, withoutPrevious(change));
    this.#revision = change.revision;
    this.#recent.push(change);
    this.#bytes += size(change);
    while (this.#recent.length - this.#start > this.#recentChanges || this.#bytes > recentBytes) this.#dropOldest();
  }

  /** The change with this revision, which must be after `recentAfter` and not beyond `revision`. */
  change(revision: number): Change {
    return this.#recent[this.#start + revision - this.#recentAfter - 1]!;
  }

  /** Changes after one revision up to another, with the same bounds. */
  recent(prefix: string, after: number, upTo: number): Change[] {
    const changes: Change[] = [];
    for (let revision = after + 1; revision <= upTo; revision++) {
      const change = this.change(revision);
      if (change.key.startsWith(prefix)) changes.push(change);
    }
    return changes;
  }

  /** Drops recent changes up to and including this revision. */
  forget(revision: number): void {
    while (this.#recentAfter < revision && this.#start < this.#recent.length) this.#dropOldest();
  }

  #dropOldest(): void {
    this.#bytes -= size(this.#recent[this.#start]!);
    this.#recent[this.#start++] = undefined;
    this.#recentAfter++;
    // Moving what is left costs its length: done only when at least as much was dropped.
    if (this.#start * 2 < this.#recent.length) return;
    this.#recent = this.#recent.slice(this.#start);
    this.#start = 0;
  }
}

/** A live object must not keep its predecessor's bytes in memory. */
function withoutPrevious(change: Change): Change {
  if (!change.previous) return change;
  const { previous: _, ...live } = change;
  return live;
}

/** What is kept of a value for selectors, and of the change itself. */
const overhead = 400;

/** What a change keeps in memory: the value that was replaced, and the last one of what is gone. */
function size({ type, value, previous, key }: Change): number {
  const last = type === "delete" ? value.length : 0;
  return last + (previous?.value.length ?? 0) + key.length + overhead;
}

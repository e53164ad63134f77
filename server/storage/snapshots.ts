import { expired } from "../meta/errors.ts";
import { byteOrder, compareBytes } from "./byte-order.ts";
import type { Journal } from "./journal.ts";
import type { Change, Page } from "./storage.ts";
import type { WatchCache } from "./watch-cache.ts";

/** Pages of so many lists at once need not read the same history again. */
const keptSnapshots = 8;
/** Revisions read from the journal at once. */
export const historyWindow = 1000;

/** How keys under a prefix differ at an old revision from now: what was there, or undefined where nothing was. */
interface Undo {
  readonly before: Map<string, Change | undefined>;
  /** Changes up to this revision are considered. */
  upTo: number;
}

/**
 * Lists at an exact revision: the newest state with all changes since taken back. Costs by what has changed since, not
 * by what there is, so the pages of a consistent list are nearly as cheap as newest ones.
 */
export class Snapshots {
  readonly #cache: WatchCache;
  readonly #journal: Journal;
  readonly #undos = new Map<string, Undo>();

  constructor(cache: WatchCache, journal: Journal) {
    this.#cache = cache;
    this.#journal = journal;
  }

  /** @param revision not beyond the newest. @param compacted the oldest revision allowed, now. @throws StatusError 410 */
  async list(
    prefix: string,
    page: { limit: number; after?: string; revision: number; compacted: () => number },
  ): Promise<Page> {
    const { limit, after, revision, compacted } = page;
    const id = `${revision} ${prefix}`;
    const undo = this.#undos.get(id) ?? { before: new Map(), upTo: revision };
    this.#undos.delete(id);
    for (;;) {
      if (revision < compacted()) throw expired("The resourceVersion for the provided list is too old.");
      if (undo.upTo >= this.#cache.recentAfter) break;
      const upTo = Math.min(undo.upTo + historyWindow, this.#cache.recentAfter);
      for (const change of await this.#journal.history(prefix, undo.upTo, upTo)) note(undo, change);
      undo.upTo = upTo;
    }
    for (const change of this.#cache.recent(prefix, undo.upTo, this.#cache.revision)) note(undo, change);
    undo.upTo = this.#cache.revision;
    const result = this.#page(prefix, limit, after, undo.before);
    // Kept only while there are pages to come; oldest first, so that the first is the one to drop.
    if (result.remaining > 0) this.#undos.set(id, undo);
    if (this.#undos.size > keptSnapshots) this.#undos.delete(this.#undos.keys().next().value!);
    return { ...result, revision };
  }

  /** Frees what nobody may ask for any more. */
  forget(): void {
    this.#undos.clear();
  }

  #page(prefix: string, limit: number, after: string | undefined, before: Undo["before"]): Omit<Page, "revision"> {
    const start = after === undefined ? undefined : byteOrder(after);
    const restored: { sortKey: string; change: Change }[] = [];
    let changedLive = 0;
    for (const [key, change] of before) {
      const sortKey = byteOrder(key);
      if (start !== undefined && sortKey <= start) continue;
      if (change) restored.push({ sortKey, change });
      if (this.#cache.peek(key)) changedLive++;
    }
    restored.sort((a, b) => compareBytes(a.sortKey, b.sortKey));
    // At most `changedLive` of these are left out, so at least `limit` remain if there are so many.
    const live = this.#cache.values(prefix, after, limit && limit + changedLive).filter(({ key }) => !before.has(key));
    const total = this.#cache.count(prefix, after) - changedLive + restored.length;
    const items: Change[] = [];
    let next = 0;
    for (const change of live) {
      const sortKey = byteOrder(change.key);
      while (next < restored.length && restored[next]!.sortKey < sortKey) items.push(restored[next++]!.change);
      items.push(change);
    }
    while (next < restored.length) items.push(restored[next++]!.change);
    if (limit && items.length > limit) items.length = limit;
    return { items, remaining: total - items.length };
  }
}

function note({ before }: Undo, change: Change): void {
  if (before.has(change.key)) return;
  const { key, createRevision, previous } = change;
  before.set(key, previous && { type: "put", key, createRevision, ...previous });
}

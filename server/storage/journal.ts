import type { Change } from "./storage.ts";

/** What a journal held when it was opened. */
export interface Loaded {
  /** Live keys in byte order, without `previous`. */
  readonly live: readonly Change[];
  readonly revision: number;
  readonly compactedRevision: number;
}

/**
 * What differs between embedded backends: making changes durable and giving them back. Everything else (compare-and-set,
 * reads, watches, TTL) is done once, in memory, by journaled-storage.ts.
 */
export interface Journal {
  /** So many writes are worth a commit before the turn of the event loop ends; absent: none, nothing is won by it. */
  readonly groupSize?: number;
  load(): Promise<Loaded>;
  /**
   * Makes changes with contiguous revisions durable: all, or none and it rejects. May be called again before it settled:
   * commits settle in order, and with one that fails all fail that were called before its rejection was known. A
   * rejection with `fatal` set means that the journal can take no more.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** All changes after one revision up to another, in order, with `previous`, of keys that start with the prefix. */
  history(prefix: string, after: number, upTo: number): Promise<readonly Change[]>;
  /** From now on nobody asks for what was before `revision`. May forget it bit by bit after it returned. */
  compact(revision: number): Promise<void>;
  /** Called after the last commit settled. */
  stop(): Promise<void>;
}

/** Revision of a journal that never had a write: see Storage. */
export const firstRevision = 1;

/** One key's state after a write, or what a delete removed. */
export interface Change {
  /** `put` created (createRevision === revision) or replaced the key; `delete` removed it. */
  readonly type: "put" | "delete";
  readonly key: string;
  /** The revision of this write: also the key's new mod revision. For `delete`, the revision of the deletion. */
  readonly revision: number;
  readonly createRevision: number;
  /** The stored bytes. For `delete`, the last bytes the key had, as `encode(revision)` of the deletion made them. */
  readonly value: Uint8Array;
  /**
   * What selectors of a watch need: the bytes and revision before this change. Only on changes that `send`, `put` and
   * `delete` give; absent when the key was created by it.
   */
  readonly previous?: { readonly value: Uint8Array; readonly revision: number };
  /** Milliseconds since the epoch after which the storage deletes the key itself. */
  readonly expiresAt?: number;
}

/** Makes the bytes of a write once its revision is known, so that resourceVersion is inside them and encoded once. */
export type Encode = (revision: number) => Uint8Array;

/** A page of a list, in byte order of keys. */
export interface Page {
  readonly items: readonly Change[];
  /** The revision at which the list is true. */
  readonly revision: number;
  /** Objects after the last one of this page, 0 when complete. */
  readonly remaining: number;
}

/** What a watcher wants to hear of, told cheaply: many watch the same prefix, and a change concerns few of them. */
export interface Topic {
  /** All topics of a change, before and after it. The same function for all who share a way of telling. Never throws. */
  readonly of: (change: Change) => readonly string[];
  readonly name: string;
}

/** Receives changes. Methods never throw and never wait. */
export interface Watcher {
  /** Changes of other topics need not be sent. Replays may send them all the same. */
  readonly topic?: Topic | undefined;
  /** @returns false when it can take no more (its buffer is full): it is unsubscribed and `end()`ed. */
  send(change: Change): boolean;
  /** Nothing more will come. `error` is a StatusError (410 Expired) when history was compacted away. */
  end(error?: Error): void;
  /**
   * Replay is over (at once, inside `watch`, when little is to be replayed): from now on changes are sent as they are
   * shown, and none up to the storage's revision is outstanding. Called once.
   */
  caughtUp?(): void;
  /** The same, said of a revision, and again after each commit: dear where there are many watchers. */
  progress?(revision: number): void;
  /** Asked before each change of the past, which waits until it resolves. undefined: it can take more now. */
  room?(): Promise<void> | undefined;
}

/**
 * Ordered keys with history: all the registry knows of a database. Revisions are one sequence for all keys, one a write
 * (< 2^53). As in etcd an empty storage is at revision 1, so that no list ever has the special resourceVersion "0". A
 * write is acknowledged, and shown to readers and watchers, only once durable, in revision order.
 */
export interface Storage {
  /** @param atRevision 0 = newest. @returns undefined when absent. @throws StatusError 410 Expired when compacted. */
  get(key: string, atRevision: number): Promise<Change | undefined>;
  /** Why nothing can be written any more, whatever is tried; undefined while all is well. */
  readonly failure: Error | undefined;
  /** Newest durable state without waiting, from memory: what reads at resourceVersion=0, watches and admission use. */
  peek(key: string): Change | undefined;
  /** Whether a key's bytes are kept in a former way (encrypted with an older key): to write them again is no idle write. */
  isStale(key: string): boolean;
  /** The same for all keys under a prefix, in byte order. */
  values(prefix: string): readonly Change[];
  /**
   * Keys in byte order. @param page.limit objects, 0 = all; `after` exclusive; `atRevision` 0 = newest, not beyond
   * `revision`. @throws StatusError 410 Expired
   */
  list(prefix: string, page: { limit: number; after?: string; atRevision: number }): Promise<Page>;
  /** Number of live keys under the prefix. */
  count(prefix: string): number;
  /**
   * Writes if the key is still at `expected` (0 = must not exist). @returns undefined when it is not: read and retry
   * (what it lost to can be read by then). @param expiresAt milliseconds since the epoch; absent = stays, even if the
   * revision before had one. @throws StatusError 500 when it cannot be made durable: then nothing was written.
   */
  put(key: string, encode: Encode, expected: number, expiresAt?: number): Promise<Change | undefined>;
  /** Deletes if the key is still at `expected`. `encode` makes the bytes of the final state that watchers see. */
  delete(key: string, encode: Encode, expected: number): Promise<Change | undefined>;
  /**
   * Sends every change after `since`, in order, once; `since` 0 = from now. Registered before it returns: together with
   * `revision` or a list read in the same turn nothing is missed. @returns stops it. Compacted: ends with 410.
   */
  watch(prefix: string, since: number, watcher: Watcher): () => void;
  /** Forgets what was before `revision`, which becomes `compactedRevision`; later reads and watches of it get a 410. */
  compact(revision: number): Promise<void>;
  /** The oldest revision that `get` and `list` still answer for, and the oldest `since` of `watch`. */
  readonly compactedRevision: number;
  /** The newest durable revision. */
  readonly revision: number;
  /** Finishes accepted writes, ends all watchers, releases everything. Idempotent. */
  stop(): Promise<void>;
}

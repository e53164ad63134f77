import { expired, internalError } from "../meta/errors.ts";
import { AutoCompaction } from "./auto-compaction.ts";
import type { Clock } from "./clock.ts";
import { Expiry } from "./expiry.ts";
import { Fanout } from "./fanout.ts";
import type { Journal, Loaded } from "./journal.ts";
import { historyWindow, Snapshots } from "./snapshots.ts";
import type { Change, Encode, Page, Storage, Watcher } from "./storage.ts";
import { WatchCache } from "./watch-cache.ts";
import { WriteQueue } from "./write-queue.ts";

/** Recent changes looked at without letting others run, when a watch replays history. */
const replayStep = 5000;

export interface JournaledStorageOptions {
  readonly clock: Clock;
  /** Older history is compacted by itself; 0 = never. */
  readonly historySeconds: number;
  /** Changes kept in memory for watches that resume; older ones are read from the journal. */
  readonly recentChanges: number;
  /** The final bytes of a key whose `expiresAt` has come; `last` is what is stored. */
  readonly encodeExpired: (last: Change, revision: number) => Uint8Array;
  /** Asked before a value is taken. @throws Error when none of that key could be stored now */
  readonly checkWrite?: ((key: string) => void) | undefined;
  /** See Storage. */
  readonly isStale?: ((key: string) => boolean) | undefined;
  /** Failed commits and compactions, and bugs of watchers. */
  readonly onError: (error: unknown) => void;
}

/** Storage on any journal: state and recent history in memory, everything older asked of the journal. */
export class JournaledStorage implements Storage {
  readonly #journal: Journal;
  readonly #options: JournaledStorageOptions;
  readonly #cache: WatchCache;
  readonly #fanout: Fanout;
  readonly #queue: WriteQueue;
  readonly #snapshots: Snapshots;
  readonly #expiry: Expiry;
  readonly #compaction: AutoCompaction | undefined;
  readonly #catchingUp = new Set<Watcher>();
  #compactedRevision: number;
  #stopped: Promise<void> | undefined;

  /** Loads what the journal holds. */
  static async open(journal: Journal, options: JournaledStorageOptions): Promise<JournaledStorage> {
    try {
      return new JournaledStorage(journal, await journal.load(), options);
    } catch (error) {
      await journal.stop();
      throw error;
    }
  }

  private constructor(journal: Journal, loaded: Loaded, options: JournaledStorageOptions) {
    const { clock, historySeconds, onError } = options;
    this.#journal = journal;
    this.#options = options;
    this.#compactedRevision = loaded.compactedRevision;
    this.#cache = new WatchCache(loaded.live, { revision: loaded.revision, recentChanges: options.recentChanges });
    this.#snapshots = new Snapshots(this.#cache, journal);
    this.#fanout = new Fanout(onError);
    this.#expiry = new Expiry(clock, (key, expiresAt) => void this.#expire(key, expiresAt));
    this.#compaction = historySeconds
      ? new AutoCompaction({
          clock,
          historyMilliseconds: historySeconds * 1000,
          compact: (revision) => void this.compact(revision).catch(onError),
        })
      : undefined;
    this.#queue = new WriteQueue({
      journal,
      cache: this.#cache,
      show: (change) => this.#show(change),
      shown: () => {
        this.#fanout.progress(this.#cache.revision);
        this.#compaction?.note(this.#cache.revision);
      },
      onError,
    });
    for (const change of loaded.live) this.#expiry.track(change);
    // When older history was written is not recorded: it is kept as if it were new.
    if (loaded.revision > loaded.compactedRevision) this.#compaction?.note(loaded.revision);
  }

  get revision(): number {
    return this.#cache.revision;
  }

  get failure(): Error | undefined {
    return this.#queue.failure;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  async get(key: string, atRevision: number): Promise<Change | undefined> {
    if (atRevision === 0) return this.#cache.peek(key);
    // The key itself sorts before all others that start with it.
    const { items } = await this.list(key, { limit: 1, atRevision });
    return items[0]?.key === key ? items[0] : undefined;
  }

  peek(key: string): Change | undefined {
    return this.#cache.peek(key);
  }

  isStale(key: string): boolean {
    return this.#options.isStale?.(key) ?? false;
  }

  values(prefix: string): readonly Change[] {
    return this.#cache.values(prefix);
  }

  async list(prefix: string, page: { limit: number; after?: string; atRevision: number }): Promise<Page> {
    const { limit, after, atRevision: revision } = page;
    if (revision === 0 || revision === this.revision) return this.#cache.list(prefix, limit, after);
    if (!(revision < this.revision)) throw new RangeError(`revision ${revision} is in the future`);
    return this.#snapshots.list(prefix, { limit, after, revision, compacted: () => this.#compactedRevision });
  }

  count(prefix: string): number {
    return this.#cache.count(prefix);
  }

  put(key: string, encode: Encode, expected: number, expiresAt?: number): Promise<Change | undefined> {
    try {
      this.#options.checkWrite?.(key);
    } catch (error) {
      return Promise.reject(internalError(error instanceof Error ? error.message : String(error)));
    }
    return this.#queue.write({ type: "put", key, encode, expected, expiresAt });
  }

  delete(key: string, encode: Encode, expected: number): Promise<Change | undefined> {
    return this.#queue.write({ type: "delete", key, encode, expected });
  }

  watch(prefix: string, since: number, watcher: Watcher): () => void {
    if (this.#stopped) {
      watcher.end();
      return () => undefined;
    }
    let unsubscribe: (() => void) | undefined;
    const subscribe = () => {
      unsubscribe = this.#fanout.subscribe(prefix, since, watcher);
      watcher.caughtUp?.();
      if (since <= this.revision) watcher.progress?.(this.revision);
    };
    if (since === 0 || since >= this.revision) {
      subscribe();
      return () => unsubscribe?.();
    }
    this.#catchingUp.add(watcher);
    const isOpen = () => this.#catchingUp.has(watcher);
    const end = (error?: Error) => {
      if (this.#catchingUp.delete(watcher)) watcher.end(error);
    };
    const caughtUp = () => {
      if (this.#catchingUp.delete(watcher)) subscribe();
    };
    void this.#replay(prefix, since, { watcher, isOpen, end, caughtUp }).catch((error: unknown) => {
      this.#options.onError(error);
      end(error instanceof Error ? error : new Error(String(error)));
    });
    return () => {
      this.#catchingUp.delete(watcher);
      unsubscribe?.();
    };
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.revision) throw new RangeError(`revision ${revision} is in the future`);
    if (revision <= this.#compactedRevision || this.#stopped) return;
    this.#compactedRevision = revision;
    this.#cache.forget(revision);
    this.#snapshots.forget();
    await this.#journal.compact(revision);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#compaction?.stop();
    this.#expiry.stop();
    await this.#queue.close(new Error("stopped"));
    this.#fanout.endAll();
    for (const watcher of this.#catchingUp) watcher.end();
    this.#catchingUp.clear();
    await this.#journal.stop();
  }

  /** Runs without a pause up to the first await, so that a short replay is over before `watch` returns. */
  async #replay(
    prefix: string,
    since: number,
    to: { watcher: Watcher; isOpen: () => boolean; end: (error?: Error) => void; caughtUp: () => void },
  ): Promise<void> {
    let position = since;
    while (to.isOpen()) {
      if (position < this.#compactedRevision) {
        return to.end(expired(`too old resource version: ${since} (${this.#compactedRevision})`));
      }
      if (position === this.revision) return to.caughtUp();
      let changes: readonly Change[];
      let upTo: number;
      if (position >= this.#cache.recentAfter) {
        upTo = Math.min(position + replayStep, this.revision);
        changes = this.#cache.recent(prefix, position, upTo);
      } else {
        upTo = Math.min(position + historyWindow, this.#cache.recentAfter);
        changes = await this.#journal.history(prefix, position, upTo);
        // Some of it may have been compacted away before it was read.
        if (position < this.#compactedRevision) continue;
      }
      for (const change of changes) {
        const room = to.watcher.room?.();
        if (room) await room;
        if (!to.isOpen()) return;
        if (!to.watcher.send(change)) return to.end();
      }
      position = upTo;
      // Gives sockets time to take what was sent, and others their turn.
      if (position < this.revision) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #show(change: Change): void {
    this.#cache.apply(change);
    this.#expiry.track(change);
    this.#fanout.publish(change);
  }

  async #expire(key: string, expiresAt: number): Promise<void> {
    const last = this.#cache.peek(key);
    if (!last || last.expiresAt !== expiresAt) return;
    try {
      await this.delete(key, (revision) => this.#options.encodeExpired(last, revision), last.revision);
    } catch {
      // The failed commit was reported. The key stays readable; its time comes again a little later.
      if (!this.#stopped) this.#options.clock.after(10_000, () => void this.#expire(key, expiresAt));
    }
  }
}

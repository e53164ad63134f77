import { internalError } from "../meta/errors.ts";
import type { Journal } from "./journal.ts";
import type { Change, Encode } from "./storage.ts";
import type { WatchCache } from "./watch-cache.ts";

export interface Write {
  readonly type: Change["type"];
  readonly key: string;
  readonly encode: Encode;
  readonly expected: number;
  readonly expiresAt?: number;
}

/** A write that has its revision and place in the order, but is not durable yet. */
interface Accepted {
  readonly change: Change;
  readonly done: Promise<Change>;
  readonly resolve: (change: Change) => void;
  readonly reject: (error: Error) => void;
}

export interface WriteQueueOptions {
  readonly journal: Journal;
  /** The durable state. */
  readonly cache: WatchCache;
  /** Called with each change once it is durable, in revision order, before its promise resolves. */
  readonly show: (change: Change) => void;
  /** Called after the last change of a commit was shown. */
  readonly shown: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Decides compare-and-set at once, against the newest accepted revision of the key, and hands accepted writes to the
 * journal in groups: when there is a group's worth for it to work on while the requests behind are decoded and checked,
 * else when it has nothing to do, at the end of a turn of the event loop. Smaller groups would cost more messages between
 * threads and more writes to each watcher than they save time. If a commit fails, its writes and all accepted after it
 * (which may build on them) fail, their revisions are given out anew, and nobody ever saw them.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  /** The newest accepted write of each key that has one. */
  readonly #pending = new Map<string, Accepted>();
  #queue: Accepted[] = [];
  #revision: number;
  /** What the journal has been given and has not answered, in order. */
  #underWay: (readonly Accepted[])[] = [];
  /** The answer to the newest commit, which is the last to come. */
  #answered: Promise<void> = Promise.resolve();
  #isScheduled = false;
  /** Set when no more writes are taken. */
  #closed: Error | undefined;
  #failure: Error | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#revision = options.cache.revision;
  }

  /** Why the journal takes nothing more; undefined while it does. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @returns undefined when the key is not at `expected`. */
  async write(write: Write): Promise<Change | undefined> {
    const { key, expected } = write;
    for (;;) {
      if (this.#closed) throw internalError(`storage: ${this.#closed.message}`);
      const pending = this.#pending.get(key);
      const durable = this.#options.cache.peek(key);
      const current = pending ? (pending.change.type === "put" ? pending.change : undefined) : durable;
      if ((current?.revision ?? 0) === expected) {
        return write.type === "delete" && !current ? undefined : this.#accept(write, current);
      }
      if (!pending || (durable?.revision ?? 0) !== expected) return undefined;
      // It lost to a write that nobody can read yet. Answered now, the caller would read the same again, and spin.
      await pending.done.catch(() => undefined);
    }
  }

  /** Takes no more writes, and resolves when the accepted ones have settled. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    this.#commit();
    await this.#answered;
  }

  #accept({ type, key, encode, expiresAt }: Write, current: Change | undefined): Promise<Change> {
    const revision = this.#revision + 1;
    const change: Change = {
      type,
      key,
      revision,
      createRevision: current?.createRevision ?? revision,
      value: unpooled(encode(revision)),
      ...(current && { previous: { value: current.value, revision: current.revision } }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    this.#revision = revision;
    const { promise, resolve, reject } = Promise.withResolvers<Change>();
    const accepted = { change, done: promise, resolve, reject };
    this.#pending.set(key, accepted);
    this.#queue.push(accepted);
    if (this.#queue.length >= (this.#options.journal.groupSize ?? Number.POSITIVE_INFINITY)) this.#commit();
    else if (!this.#isScheduled && this.#underWay.length === 0) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        if (this.#underWay.length === 0) this.#commit();
      });
    }
    return promise;
  }

  #commit(): void {
    if (this.#queue.length === 0) return;
    const batch = this.#queue;
    this.#queue = [];
    this.#underWay.push(batch);
    this.#answered = this.#options.journal.commit(batch.map(({ change }) => change)).then(
      () => {
        this.#underWay.shift();
        this.#show(batch);
        if (this.#underWay.length === 0) this.#commit();
      },
      (error: unknown) => {
        // Those behind one that failed have been told so already.
        if (this.#underWay.includes(batch)) this.#fail(error);
      },
    );
  }

  #show(batch: readonly Accepted[]): void {
    for (const accepted of batch) {
      const { change, resolve } = accepted;
      if (this.#pending.get(change.key) === accepted) this.#pending.delete(change.key);
      this.#options.show(change);
      resolve(change);
    }
    this.#options.shown();
  }

  #fail(cause: unknown): void {
    const lost = [...this.#underWay.flat(), ...this.#queue];
    this.#underWay = [];
    this.#queue = [];
    this.#pending.clear();
    this.#revision = this.#options.cache.revision;
    const reason = cause instanceof Error ? cause : new Error(String(cause));
    if ("fatal" in reason && reason.fatal) {
      this.#closed ??= reason;
      this.#failure ??= reason;
    }
    for (const { reject } of lost) reject(internalError(`storage: ${reason.message}`));
    this.#options.onError(reason);
  }
}

/** Small Buffers are cut out of a shared 8 KiB block, which a live object would keep in memory as a whole. */
function unpooled(value: Uint8Array): Uint8Array {
  return value.buffer.byteLength > value.byteLength + 64 ? new Uint8Array(value) : value;
}

import type { Clock } from "./clock.ts";
import type { Change } from "./storage.ts";

/** Deletions wait for the end of their half second, to share commits and timers (etcd looks at its leases as often). */
const granularity = 500;

interface Entry {
  readonly key: string;
  readonly expiresAt: number;
}

/**
 * Keys with an expiresAt, in its order. One timer for the earliest, none when there is none. (etcd leases, as
 * apiserver/pkg/storage/etcd3 uses them for Events)
 */
export class Expiry {
  readonly #clock: Clock;
  readonly #expire: (key: string, expiresAt: number) => void;
  /** By expiresAt. What has been overwritten or deleted since stays until its time, and is then of no effect. */
  #entries: Entry[] = [];
  #cancel: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param expire the time of what was tracked has come; may call `track` again. */
  constructor(clock: Clock, expire: (key: string, expiresAt: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  track({ key, expiresAt }: Pick<Change, "key" | "expiresAt">): void {
    if (expiresAt === undefined) return;
    // Lifetimes are nearly all the same, so this nearly always appends.
    let at = this.#entries.length;
    while (at > 0 && this.#entries[at - 1]!.expiresAt > expiresAt) at--;
    this.#entries.splice(at, 0, { key, expiresAt });
    if (at === 0) this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#entries = [];
  }

  #arm(): void {
    const first = this.#entries[0];
    if (!first) return;
    const at = Math.ceil(first.expiresAt / granularity) * granularity;
    if (this.#cancel && this.#timerAt <= at) return;
    this.#cancel?.();
    this.#timerAt = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    let due = this.#entries.findIndex(({ expiresAt }) => expiresAt > now);
    if (due < 0) due = this.#entries.length;
    for (const { key, expiresAt } of this.#entries.splice(0, due)) this.#expire(key, expiresAt);
    this.#arm();
  }
}

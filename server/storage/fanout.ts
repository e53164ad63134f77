import type { Change, Watcher } from "./storage.ts";

interface Subscription {
  readonly prefix: string;
  readonly watcher: Watcher;
  /** A watcher may ask for a revision that is still to come. */
  readonly since: number;
}

/**
 * Hands each durable change to the watchers of its prefix, in commit order, and never waits for one: a watcher that can
 * take no more is ended, and its client resumes from its last revision (apiserver/pkg/storage/cacher does the same).
 */
export class Fanout {
  /**
   * By the prefix up to its last slash, so that a change to a Pod looks only at those who watch "/registry/pods/…": the
   * directories that its key is in are a handful.
   */
  readonly #directories = new Map<string, Set<Subscription>>();
  readonly #withProgress = new Set<Subscription>();
  readonly #onError: (error: unknown) => void;
  #size = 0;

  /** @param onError a watcher threw, which is a bug in it: it is ended, the others go on. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#size;
  }

  /** From the next change on, but only those after `since`. @returns ends the subscription, silently. */
  subscribe(prefix: string, since: number, watcher: Watcher): () => void {
    const subscription = { prefix, since, watcher };
    const directory = directoryOf(prefix);
    const subscriptions = this.#directories.get(directory) ?? new Set();
    this.#directories.set(directory, subscriptions.add(subscription));
    if (watcher.progress) this.#withProgress.add(subscription);
    this.#size++;
    return () => this.#remove(subscription);
  }

  publish(change: Change): void {
    const { key } = change;
    this.#send(this.#directories.get(""), change);
    for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
      this.#send(this.#directories.get(key.slice(0, slash + 1)), change);
    }
  }

  /** Everything up to this revision has been published. */
  progress(revision: number): void {
    for (const { watcher, since } of this.#withProgress) {
      if (revision >= since) this.#guard(() => watcher.progress?.(revision));
    }
  }

  /** Ends all watchers. */
  endAll(error?: Error): void {
    for (const subscriptions of [...this.#directories.values()]) {
      for (const subscription of [...subscriptions]) this.#end(subscription, error);
    }
  }

  #send(subscriptions: Set<Subscription> | undefined, change: Change): void {
    if (!subscriptions) return;
    for (const subscription of subscriptions) {
      const { prefix, since, watcher } = subscription;
      if (!change.key.startsWith(prefix) || change.revision <= since) continue;
      let taken = false;
      try {
        taken = watcher.send(change);
      } catch (error) {
        this.#onError(error);
      }
      if (!taken) this.#end(subscription);
    }
  }

  #end(subscription: Subscription, error?: Error): void {
    this.#remove(subscription);
    this.#guard(() => subscription.watcher.end(error));
  }

  #remove(subscription: Subscription): void {
    const directory = directoryOf(subscription.prefix);
    const subscriptions = this.#directories.get(directory);
    if (!subscriptions?.delete(subscription)) return;
    if (subscriptions.size === 0) this.#directories.delete(directory);
    this.#withProgress.delete(subscription);
    this.#size--;
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
  }
}

function directoryOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

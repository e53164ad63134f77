import type { Change, Topic, Watcher } from "./storage.ts";

interface Subscription {
  readonly prefix: string;
  readonly watcher: Watcher;
  /** A watcher may ask for a revision that is still to come. */
  readonly since: number;
}

/** The subscriptions of one directory: those to all its changes, and those to one topic among them. */
class Directory {
  readonly ofAll = new Set<Subscription>();
  readonly byTopic = new Map<Topic["of"], Map<string, Set<Subscription>>>();

  get isEmpty(): boolean {
    return this.ofAll.size === 0 && this.byTopic.size === 0;
  }

  /** Where subscriptions to a topic are; made when it is the first. */
  subscriptionsFor(topic: Topic | undefined): Set<Subscription> {
    if (!topic) return this.ofAll;
    const byTopic = this.byTopic.get(topic.of) ?? new Map<string, Set<Subscription>>();
    this.byTopic.set(topic.of, byTopic);
    const subscriptions = byTopic.get(topic.name) ?? new Set();
    byTopic.set(topic.name, subscriptions);
    return subscriptions;
  }

  all(): Subscription[] {
    const byTopic = [...this.byTopic.values()].flatMap((topics) => [...topics.values()]);
    return [this.ofAll, ...byTopic].flatMap((subscriptions) => [...subscriptions]);
  }

  /** @returns false when it was not there */
  delete(subscription: Subscription): boolean {
    const { topic } = subscription.watcher;
    if (!topic) return this.ofAll.delete(subscription);
    const byTopic = this.byTopic.get(topic.of);
    const subscriptions = byTopic?.get(topic.name);
    if (!byTopic || !subscriptions?.delete(subscription)) return false;
    if (subscriptions.size === 0) byTopic.delete(topic.name);
    if (byTopic.size === 0) this.byTopic.delete(topic.of);
    return true;
  }
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
  readonly #directories = new Map<string, Directory>();
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
    const name = directoryOf(prefix);
    const directory = this.#directories.get(name) ?? new Directory();
    this.#directories.set(name, directory);
    directory.subscriptionsFor(watcher.topic).add(subscription);
    if (watcher.progress) this.#withProgress.add(subscription);
    this.#size++;
    return () => this.#remove(subscription);
  }

  publish(change: Change): void {
    const { key } = change;
    this.#sendTo(this.#directories.get(""), change);
    for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
      this.#sendTo(this.#directories.get(key.slice(0, slash + 1)), change);
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
    for (const directory of [...this.#directories.values()]) {
      for (const subscription of directory.all()) this.#end(subscription, error);
    }
  }

  #sendTo(directory: Directory | undefined, change: Change): void {
    if (!directory) return;
    this.#send(directory.ofAll, change);
    for (const [topicsOf, byTopic] of directory.byTopic) {
      for (const topic of topicsOf(change)) {
        const subscriptions = byTopic.get(topic);
        if (subscriptions) this.#send(subscriptions, change);
      }
    }
  }

  #send(subscriptions: ReadonlySet<Subscription>, change: Change): void {
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
    const name = directoryOf(subscription.prefix);
    const directory = this.#directories.get(name);
    if (!directory?.delete(subscription)) return;
    if (directory.isEmpty) this.#directories.delete(name);
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

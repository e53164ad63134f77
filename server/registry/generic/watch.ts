import { expired } from "../../meta/errors.ts";
import { Turn } from "../../meta/in-turns.ts";
import type { Change } from "../../storage/storage.ts";
import type { WatchGroup, WatchRequest, WatchSink } from "../store.ts";
import { convertedOutlet } from "./converted-watch.ts";
import type { StoreContext } from "./environment.ts";
import { readRevision, waitUntilFresh } from "./resource-version.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { SharedWatches } from "./shared-watch.ts";
import { type Outlet, outletOf } from "./watch-outlet.ts";
import { topicOf } from "./watch-topic.ts";

/** How long before the end of a watch the last bookmark comes. */
const LAST_BOOKMARK_MILLISECONDS = 2000;
/** How often an idle watch that asked for bookmarks hears how far it is. */
const BOOKMARK_MILLISECONDS = 60_000;

interface WatchContext extends StoreContext {
  readonly sharedWatches: SharedWatches;
}

/**
 * Initial state if asked for, then every change, then bookmarks. @throws StatusError 400, 410, 504 before the first
 * event. @returns stops it. (storage/cacher/cacher.go Watch)
 */
export async function watch(store: WatchContext, request: WatchRequest, sink: WatchSink): Promise<() => void> {
  const { kind, storage } = store;
  const selection = selectionOf(kind, request);
  const revision = readRevision(request.resourceVersion);
  const fromState = wantsState(request);
  if (request.sendInitialEvents) await waitUntilFresh(store, revision, request.resourceVersion);
  if (!fromState && revision > 0 && revision < storage.compactedRevision) {
    throw expired(`too old resource version: ${revision} (${storage.compactedRevision})`);
  }
  const { conversion } = kind.customResource ?? {};
  const begin = (outlet: Outlet, group?: WatchGroup) => {
    const run = new Run({ store, selection, request, outlet, group });
    run.start(fromState, fromState || revision === 0 ? storage.revision : revision);
    return run;
  };
  const { matches } = selection;
  if (!conversion) {
    const run = begin(outletOf(kind, matches, sink), sink.group);
    return () => run.stop();
  }
  const outlet = convertedOutlet({ kind, conversion, matches, sink, stop: () => run.stop() });
  const run = begin(outlet);
  return () => {
    outlet.close();
    run.stop();
  };
}

/** Whether the watch begins with what is there. */
function wantsState({ sendInitialEvents, resourceVersion }: WatchRequest): boolean {
  return sendInitialEvents ?? (resourceVersion === "" || resourceVersion === "0");
}

interface RunOptions {
  readonly store: WatchContext;
  readonly selection: Selection;
  readonly request: WatchRequest;
  readonly outlet: Outlet;
  /** Of the sink, where others may be sent the same bytes. */
  readonly group: WatchGroup | undefined;
}

class Run {
  readonly #store: WatchContext;
  readonly #selection: Selection;
  readonly #request: WatchRequest;
  readonly #outlet: Outlet;
  readonly #group: WatchGroup | undefined;
  readonly #turn = new Turn();
  #stopped = false;
  #unwatch: (() => void) | undefined;
  #cancelBookmark: (() => void) | undefined;
  #cancelLast: (() => void) | undefined;
  /** Revision up to which the client knew everything when the watch began. */
  #seen = 0;
  /** From then on it knows all that the storage shows. */
  #isLive = false;

  constructor({ store, selection, request, outlet, group }: RunOptions) {
    this.#store = store;
    this.#selection = selection;
    this.#request = request;
    this.#outlet = outlet;
    this.#group = group;
  }

  /** Small states go out in one turn, large ones in as many as it takes: a client that reads slowly gets what it can take. */
  start(fromState: boolean, revision: number): void {
    this.#seen = revision;
    if (fromState) this.#sendState(this.#state(), 0, revision);
    else this.#follow(revision);
  }

  #sendState(state: readonly Change[], from: number, revision: number): void {
    for (let at = from; at < state.length; at++) {
      if (this.#stopped) return;
      const room = this.#room();
      if (room) {
        void room.then(() => this.#sendState(state, at, revision));
        return;
      }
      if (!this.#goesOn(this.#outlet.state(state[at]!))) return;
    }
    const { sendInitialEvents, allowWatchBookmarks } = this.#request;
    if (sendInitialEvents && allowWatchBookmarks) {
      if (!this.#sendBookmark(revision, true)) return;
    }
    // What happened meanwhile is in the history.
    this.#follow(revision);
  }

  /** What can wait does: for its client, and for others when it takes long. */
  #room(): Promise<void> | undefined {
    return this.#outlet.room?.() ?? this.#turn.over();
  }

  #follow(revision: number): void {
    const { storage } = this.#store;
    const { allowWatchBookmarks } = this.#request;
    const { prefix, key } = this.#selection;
    const unwatch = storage.watch(key ?? prefix, revision, {
      send: (change) => this.#change(change),
      end: (error) => this.#end(error),
      caughtUp: () => {
        this.#isLive = true;
        if (this.#unwatch) this.#share(revision);
      },
      topic: topicOf(this.#store.kind, this.#request),
      room: () => this.#room(),
    });
    if (this.#stopped) unwatch();
    else this.#unwatch = unwatch;
    if (this.#isLive) this.#share(revision);
    if (!allowWatchBookmarks || this.#stopped) return;
    this.#scheduleBookmark();
    // The next watch begins there, and need not see again what it has seen. (cacher/cache_watcher.go nextBookmarkTime)
    const last = (this.#request.timeoutSeconds ?? 0) * 1000 - LAST_BOOKMARK_MILLISECONDS;
    if (last > 0) this.#cancelLast = this.#store.clock.after(last, () => this.#bookmark());
  }

  /** Hears from now on together with those that are alike. One that waits for a revision to come stays by itself. */
  #share(since: number): void {
    const { sharedWatches, storage } = this.#store;
    const group = this.#group;
    if (!group || this.#stopped || since > storage.revision) return;
    this.#unwatch?.();
    const member = { selection: this.#selection, selectors: this.#request, group };
    this.#unwatch = sharedWatches.join(this.#store, { ...member, end: (error) => this.#end(error) });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelBookmark?.();
    this.#cancelLast?.();
    this.#unwatch?.();
  }

  #state(): readonly Change[] {
    const { storage } = this.#store;
    const { prefix, key } = this.#selection;
    if (!key) return storage.values(prefix);
    const change = storage.peek(key);
    return change ? [change] : [];
  }

  #change(change: Change): boolean {
    if (this.#stopped) return false;
    if (this.#selection.key && change.key !== this.#selection.key) return true;
    return this.#goesOn(this.#outlet.change(change));
  }

  #sendBookmark(revision: number, initialEventsEnd: boolean): boolean {
    const resourceVersion = String(revision);
    return this.#goesOn(this.#outlet.bookmark({ type: "BOOKMARK", resourceVersion, initialEventsEnd }));
  }

  /** Ends the watch when the client takes no more. */
  #goesOn(taken: boolean): boolean {
    if (!taken) this.#end();
    return taken;
  }

  #end(error?: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#outlet.end(error);
  }

  #bookmark(): boolean {
    if (this.#stopped) return false;
    const revision = this.#isLive ? Math.max(this.#seen, this.#store.storage.revision) : this.#seen;
    return this.#sendBookmark(revision, false);
  }

  #scheduleBookmark(): void {
    this.#cancelBookmark = this.#store.clock.after(BOOKMARK_MILLISECONDS, () => {
      if (this.#bookmark()) this.#scheduleBookmark();
    });
  }
}

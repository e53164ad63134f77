import { expired } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { WatchEvent, WatchRequest, WatchSink } from "../store.ts";
import type { StoreContext } from "./environment.ts";
import { readRevision, waitUntilFresh } from "./resource-version.ts";
import { type Selection, selectionOf } from "./selection.ts";
import { type StoredObject, storedOf } from "./stored.ts";
import { encodeObject } from "./write.ts";

/** How long before the end of a watch the last bookmark comes. */
const LAST_BOOKMARK_MILLISECONDS = 2000;
/** How often an idle watch that asked for bookmarks hears how far it is. */
const BOOKMARK_MILLISECONDS = 60_000;

/**
 * Initial state if asked for, then every change, then bookmarks. @throws StatusError 400, 410, 504 before the first
 * event. @returns stops it. (storage/cacher/cacher.go Watch)
 */
export async function watch(store: StoreContext, request: WatchRequest, sink: WatchSink): Promise<() => void> {
  const { kind, storage } = store;
  const selection = selectionOf(kind, request);
  const revision = readRevision(request.resourceVersion);
  const fromState = wantsState(request);
  if (request.sendInitialEvents) await waitUntilFresh(store, revision);
  if (!fromState && revision > 0 && revision < storage.compactedRevision) {
    throw expired(`too old resource version: ${revision} (${storage.compactedRevision})`);
  }
  const run = new Run(store, selection, request, sink);
  run.start(fromState, fromState || revision === 0 ? storage.revision : revision);
  return () => run.stop();
}

/** Whether the watch begins with what is there. */
function wantsState({ sendInitialEvents, resourceVersion }: WatchRequest): boolean {
  return sendInitialEvents ?? (resourceVersion === "" || resourceVersion === "0");
}

class Run {
  readonly #store: StoreContext;
  readonly #selection: Selection;
  readonly #request: WatchRequest;
  readonly #sink: WatchSink;
  #stopped = false;
  #unwatch: (() => void) | undefined;
  #cancelBookmark: (() => void) | undefined;
  #cancelLast: (() => void) | undefined;
  /** Revision up to which the client knows everything. */
  #seen = 0;

  constructor(store: StoreContext, selection: Selection, request: WatchRequest, sink: WatchSink) {
    this.#store = store;
    this.#selection = selection;
    this.#request = request;
    this.#sink = sink;
  }

  /** Small states go out in one turn; of large ones a client that reads slowly gets as much as it can take. */
  start(fromState: boolean, revision: number): void {
    this.#seen = revision;
    if (fromState) this.#sendState(this.#state(), 0, revision);
    else this.#follow(revision);
  }

  #sendState(state: readonly Change[], from: number, revision: number): void {
    for (let at = from; at < state.length; at++) {
      if (this.#stopped) return;
      const room = this.#sink.room?.();
      if (room) {
        void room.then(() => this.#sendState(state, at, revision));
        return;
      }
      const stored = storedOf(this.#store.kind, state[at]!);
      if (this.#selection.matches && !this.#selection.matches(stored)) continue;
      if (!this.#send({ type: "ADDED", stored })) return;
    }
    const { sendInitialEvents, allowWatchBookmarks } = this.#request;
    if (sendInitialEvents && allowWatchBookmarks) {
      const bookmark: WatchEvent = { type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true };
      if (!this.#send(bookmark)) return;
    }
    // What happened meanwhile is in the history.
    this.#follow(revision);
  }

  #follow(revision: number): void {
    const { storage } = this.#store;
    const { allowWatchBookmarks } = this.#request;
    const { prefix, key } = this.#selection;
    const unwatch = storage.watch(key ?? prefix, revision, {
      send: (change) => this.#change(change),
      end: (error) => this.#end(error),
      progress: (current) => {
        this.#seen = Math.max(this.#seen, current);
      },
      room: () => this.#sink.room?.(),
    });
    if (this.#stopped) unwatch();
    else this.#unwatch = unwatch;
    if (!allowWatchBookmarks || this.#stopped) return;
    this.#scheduleBookmark();
    // The next watch begins there, and need not see again what it has seen. (cacher/cache_watcher.go nextBookmarkTime)
    const last = (this.#request.timeoutSeconds ?? 0) * 1000 - LAST_BOOKMARK_MILLISECONDS;
    if (last > 0) this.#cancelLast = this.#store.clock.after(last, () => this.#bookmark());
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
    const event = eventOf(this.#store.kind, change, this.#selection.matches);
    return event ? this.#send(event) : true;
  }

  #send(event: WatchEvent): boolean {
    if (this.#sink.send(event)) return true;
    this.#end();
    return false;
  }

  #end(error?: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#sink.end(error);
  }

  #bookmark(): boolean {
    if (this.#stopped) return false;
    return this.#send({ type: "BOOKMARK", resourceVersion: String(this.#seen), initialEventsEnd: false });
  }

  #scheduleBookmark(): void {
    this.#cancelBookmark = this.#store.clock.after(BOOKMARK_MILLISECONDS, () => {
      if (this.#bookmark()) this.#scheduleBookmark();
    });
  }
}

/** A change as one watcher sees it; undefined when it concerns nothing that was or is selected. */
function eventOf(kind: Kind, change: Change, matches: Selection["matches"]): WatchEvent | undefined {
  const { previous } = change;
  const stored = storedOf(kind, change);
  if (change.type === "delete") {
    return !matches || matches(previousOf(kind, change) ?? stored) ? { type: "DELETED", stored } : undefined;
  }
  const isSelected = !matches || matches(stored);
  const wasSelected = previous !== undefined && (!matches || matches(previousOf(kind, change) ?? stored));
  if (isSelected) return { type: wasSelected ? "MODIFIED" : "ADDED", stored };
  return wasSelected ? { type: "DELETED", stored: leaving(kind, change) } : undefined;
}

function previousOf(kind: Kind, { key, createRevision, previous }: Change): StoredObject | undefined {
  return previous && storedOf(kind, { type: "put", key, createRevision, ...previous });
}

const left = new WeakMap<Change, StoredObject>();

/** What is deleted in a watcher's eyes: the object as it was last selected, with the revision at which it left. */
function leaving(kind: Kind, change: Change): StoredObject {
  const known = left.get(change);
  if (known) return known;
  const last = previousOf(kind, change)?.object;
  const metadata = { ...last?.metadata, resourceVersion: String(change.revision) };
  const object: KubeObject = { ...last, metadata };
  const stored = storedOf(kind, { ...change, value: encodeObject(kind, object) }, object);
  left.set(change, stored);
  return stored;
}

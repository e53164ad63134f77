import type { KubeObject } from "../../meta/object.ts";
import type { Change } from "../../storage/storage.ts";
import type { Kind } from "../kind.ts";
import type { Selectable, WatchEvent, WatchSink } from "../store.ts";
import type { Selection } from "./selection.ts";
import { type StoredObject, storedOf } from "./stored.ts";
import { encodeObject } from "./write.ts";

/** Where a watch brings what it finds in the storage, to be judged there. Each answers false when the watch is over. */
export interface Outlet extends Pick<WatchSink, "end" | "room"> {
  /** Of the state that the watch begins with. */
  state(change: Change): boolean;
  change(change: Change): boolean;
  bookmark(event: WatchEvent & { readonly type: "BOOKMARK" }): boolean;
}

/** To a client that sees objects as they are stored, but for what can be done at once. */
export function outletOf(kind: Kind, matches: Selection["matches"], sink: WatchSink): Outlet {
  return {
    state(change) {
      const stored = storedOf(kind, change);
      return matches && !matches(stored) ? true : sink.send({ type: "ADDED", stored });
    },
    change(change) {
      const event = eventOf(kind, change, matches);
      return event ? sink.send(event) : true;
    },
    bookmark: (event) => sink.send(event),
    end: (error) => sink.end(error),
    room: () => sink.room?.(),
  };
}

/** A change as one watcher sees it; undefined when it concerns nothing that was or is selected. */
export function eventOf(kind: Kind, change: Change, matches: Selection["matches"]): WatchEvent | undefined {
  const stored = storedOf(kind, change);
  if (change.type === "delete") {
    return !matches || matches(previousOf(kind, change) ?? stored) ? { type: "DELETED", stored } : undefined;
  }
  const isSelected = !matches || matches(stored);
  if (isSelected && !matches) return { type: change.previous ? "MODIFIED" : "ADDED", stored };
  const previous = previousOf(kind, change);
  const wasSelected = previous !== undefined && (!matches || matches(previous));
  if (isSelected) return { type: wasSelected ? "MODIFIED" : "ADDED", stored };
  return previous && wasSelected ? { type: "DELETED", stored: leaving(kind, change, previous) } : undefined;
}

/** What the object was before a change; undefined when it was not there. */
export function previousOf(kind: Kind, { key, createRevision, previous }: Change): StoredObject | undefined {
  return previous && storedOf(kind, { type: "put", key, createRevision, ...previous });
}

const left = new WeakMap<Selectable, StoredObject>();

/** What is deleted in a watcher's eyes: the object as it was last selected, with the revision at which it left. */
export function leaving(kind: Kind, change: Change, last: Selectable): Selectable {
  const known = left.get(last);
  if (known) return known;
  const { object: was } = last;
  const object: KubeObject = { ...was, metadata: { ...was.metadata, resourceVersion: String(change.revision) } };
  const stored = storedOf(kind, { ...change, value: encodeObject(kind, object) }, object);
  left.set(last, stored);
  return stored;
}

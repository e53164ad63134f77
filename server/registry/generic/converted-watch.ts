import type { Change } from "../../storage/storage.ts";
import type { Conversion, Kind } from "../kind.ts";
import type { WatchEvent, WatchSink } from "../store.ts";
import type { Selection } from "./selection.ts";
import { storedOf } from "./stored.ts";
import { leaving, type Outlet, previousOf } from "./watch-outlet.ts";

/** Events of the past that wait for their conversion at once. */
const MOST_WAITING = 100;

export interface ConvertedWatch {
  readonly kind: Kind;
  readonly conversion: Conversion;
  readonly matches: Selection["matches"];
  readonly sink: WatchSink;
  /** Called when the client takes no more, or a conversion failed. */
  stop(): void;
}

/**
 * To a client of a version that a webhook converts to. Selectors judge objects of that version, before and after a
 * change. Events wait for their conversion, and for those before them.
 */
export function convertedOutlet(watch: ConvertedWatch): Outlet & { close(): void } {
  const { conversion, kind, matches, sink } = watch;
  let last = Promise.resolve();
  let closed = false;
  let waiting = 0;
  const end = (error?: Error) => {
    if (closed) return;
    closed = true;
    watch.stop();
    sink.end(error);
  };
  const inOrder = (work: () => Promise<void> | void) => {
    waiting++;
    last = last
      .then(async () => {
        waiting--;
        if (!closed) await work();
      })
      .catch((error) => end(error instanceof Error ? error : new Error(String(error))));
    return !closed;
  };
  const send = (event: WatchEvent | undefined) => {
    if (event && !closed && !sink.send(event)) end();
  };
  return {
    state: (change) =>
      inOrder(async () => {
        const stored = await conversion.read(storedOf(kind, change));
        if (!matches || matches(stored)) send({ type: "ADDED", stored });
      }),
    change: (change) => inOrder(async () => send(await eventOf(watch, change))),
    bookmark: (event) => inOrder(() => send(event)),
    end: (error) => void inOrder(() => end(error)),
    room: () => (waiting > MOST_WAITING ? last.then(() => sink.room?.()) : sink.room?.()),
    close() {
      closed = true;
    },
  };
}

/** @returns undefined when the change concerns nothing that was or is selected. @throws StatusError 500 */
async function eventOf({ kind, conversion, matches }: ConvertedWatch, change: Change): Promise<WatchEvent | undefined> {
  const state = storedOf(kind, change);
  const before = previousOf(kind, change);
  if (change.type === "delete") {
    if (matches && !matches(await conversion.read(before ?? state))) return undefined;
    return { type: "DELETED", stored: await conversion.read(state) };
  }
  const stored = await conversion.read(state);
  if (!matches) return { type: before ? "MODIFIED" : "ADDED", stored };
  const previous = before && (await conversion.read(before));
  const wasSelected = previous !== undefined && matches(previous);
  if (matches(stored)) return { type: wasSelected ? "MODIFIED" : "ADDED", stored };
  return wasSelected ? { type: "DELETED", stored: leaving(kind, change, previous) } : undefined;
}

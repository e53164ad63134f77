import type { Audience, WatchEvent } from "../../registry/store.ts";
import type { EventEncoder } from "../watch-events.ts";
import { Frames, flushSoon } from "./watch-frames.ts";

/** So many bytes go out before the turn is over: whoever cannot take them is found out. */
const MOST_PENDING_BYTES = 1024 * 1024;

interface Listener {
  deliver(frames: Frames): void;
  end(): void;
}

/** Watchers that are sent the same bytes: each event is encoded once, and those of a turn are put together once. */
export class WatchAudience implements Audience {
  readonly #encoder: EventEncoder;
  readonly #count: (event: WatchEvent, bytes: number, watchers: number) => void;
  readonly #listeners = new Set<Listener>();
  #pending = new Frames();

  constructor(encoder: EventEncoder, count: (event: WatchEvent, bytes: number, watchers: number) => void) {
    this.#encoder = encoder;
    this.#count = count;
  }

  /** From the next event on. */
  add(listener: Listener): void {
    this.flush();
    this.#listeners.add(listener);
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  send(event: WatchEvent): void {
    let frame: Buffer;
    try {
      frame = this.#encoder.event(event);
    } catch {
      // What cannot be encoded as asked ends the watch: upstream's clients see it closed.
      for (const listener of [...this.#listeners]) listener.end();
      return;
    }
    this.#count(event, frame.length, this.#listeners.size);
    this.#pending.push(frame);
    if (this.#pending.list.length === 1) flushSoon(this.flush);
    if (this.#pending.length > MOST_PENDING_BYTES) this.flush();
  }

  readonly flush = (): void => {
    const frames = this.#pending;
    if (frames.length === 0) return;
    this.#pending = new Frames();
    for (const listener of this.#listeners) listener.deliver(frames);
  };
}

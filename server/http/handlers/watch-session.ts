import { StatusError } from "../../meta/errors.ts";
import type { Audience, WatchEvent, WatchGroup, WatchSink } from "../../registry/store.ts";
import type { EventEncoder } from "../watch-events.ts";
import { WatchAudience } from "./watch-audience.ts";
import type { Connection } from "./watch-connection.ts";
import { Frames, flushSoon } from "./watch-frames.ts";

/** What is sent of the past fills no more than this part of a watcher's buffer: the rest is for what happens meanwhile. */
const PACE = 16;

interface WatchSessionOptions {
  readonly connection: Connection;
  readonly encoder: EventEncoder;
  /** Bytes that may wait for the client to take them. */
  readonly maxBufferedBytes: number;
  /** Told of each event: its bytes, and to how many it goes. */
  readonly count: (event: WatchEvent, bytes: number, watchers: number) => void;
}

/** One watcher: frames of one turn of the event loop go out in one write. */
export class WatchSession implements WatchSink {
  readonly closed: Promise<void>;
  /** Absent where what is sent differs from watcher to watcher. */
  readonly group: WatchGroup | undefined;
  readonly #connection: Connection;
  readonly #encoder: EventEncoder;
  readonly #limit: number;
  readonly #count: WatchSessionOptions["count"];
  #resolve: () => void = () => {};
  #pending = new Frames();
  #audience: WatchAudience | undefined;
  #ended = false;
  #overrun = false;

  constructor({ connection, encoder, maxBufferedBytes, count }: WatchSessionOptions) {
    this.#connection = connection;
    this.#encoder = encoder;
    this.#limit = maxBufferedBytes;
    this.#count = count;
    this.group = encoder.form === undefined ? undefined : this.#groupOf(encoder.form);
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    connection.onClose(() => {
      this.#ended = true;
      this.#resolve();
    });
  }

  send: WatchSink["send"] = (event) => {
    if (this.#ended) return false;
    if (this.#pending.length + this.#connection.buffered > this.#limit) {
      this.#overrun = true;
      return false;
    }
    try {
      const frame = this.#encoder.event(event);
      this.#push(frame);
      this.#count(event, frame.length, 1);
    } catch {
      // What cannot be encoded as asked ends the watch: upstream's clients see it closed.
      this.end();
      return false;
    }
    return true;
  };

  room = (): Promise<void> | undefined => {
    if (this.#ended || this.#pending.length + this.#connection.buffered <= this.#limit / PACE) return undefined;
    this.#flush();
    return this.#connection.drained();
  };

  end: WatchSink["end"] = (error) => {
    if (this.#ended) return;
    if (this.#overrun) {
      this.#ended = true;
      this.#connection.destroy();
      this.#resolve();
      return;
    }
    this.#audience?.flush();
    if (this.#ended) return; // that was more than its client takes
    if (error instanceof StatusError) this.#push(this.#encoder.error(error));
    this.#flush();
    this.#ended = true;
    this.#connection.open();
    this.#connection.end();
    this.#resolve();
  };

  /** Sends what the whole audience is sent. One whose client does not read is ended. */
  deliver(frames: Frames): void {
    if (this.#ended) return;
    this.#flush();
    if (this.#connection.buffered > this.#limit) {
      this.#overrun = true;
      this.end();
      return;
    }
    this.#connection.open();
    this.#connection.write(frames);
  }

  #groupOf(form: string): WatchGroup {
    return {
      form,
      join: (given: Audience | undefined) => {
        // Those of the same form are all made here.
        const audience = (given as WatchAudience | undefined) ?? new WatchAudience(this.#encoder, this.#count);
        audience.add(this);
        this.#audience = audience;
        return audience;
      },
      leave: () => {
        this.#audience?.delete(this);
        this.#audience = undefined;
      },
    };
  }

  #push(frame: Buffer): void {
    // What the audience was sent came before it.
    this.#audience?.flush();
    this.#pending.push(frame);
    if (this.#pending.list.length === 1) flushSoon(this.#flush);
  }

  readonly #flush = (): void => {
    const frames = this.#pending;
    if (frames.length === 0 || this.#ended) return;
    this.#pending = new Frames();
    this.#connection.open();
    this.#connection.write(frames);
  };
}

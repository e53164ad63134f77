import { StatusError } from "../../meta/errors.ts";
import type { Random } from "../../meta/random.ts";
import type { WatchEvent, WatchSink } from "../../registry/store.ts";
import { listOptions } from "../list-options.ts";
import type { Metrics } from "../metrics.ts";
import { CUSTOM, LIST, negotiate, streamMediaType } from "../negotiate.ts";
import { isWebSocket } from "../upgrade.ts";
import { EventEncoder } from "../watch-events.ts";
import { outputOf, type ResourceRequest } from "./request.ts";
import { type Connection, HttpConnection, WebSocketConnection } from "./watch-connection.ts";

export interface WatchSettings {
  readonly random: Random;
  readonly minRequestTimeoutSeconds: number;
  readonly watchBufferBytes: number;
  readonly metrics: Metrics;
}

/** A watch, over HTTP or WebSocket: one frame an event, until time is up, the client leaves or cannot follow. */
export async function watch(request: ResourceRequest, settings: WatchSettings): Promise<void> {
  const { ctx, kind, store } = request;
  const media = negotiate(ctx, kind.custom ? CUSTOM : LIST);
  const options = listOptions(ctx.state.query, { ...request, watch: true });
  const { resourceVersion, resourceVersionMatch, labelSelector, fieldSelector, namespace } = options.request;
  const contentType = streamMediaType(media);
  const webSocket = isWebSocket(ctx);
  const encoder = new EventEncoder(outputOf(request, media), !webSocket);
  const connection = webSocket
    ? new WebSocketConnection(ctx, media.format === "json")
    : new HttpConnection(ctx, contentType);
  const { metrics } = settings;
  const session = new Session(connection, encoder, settings, (event, bytes) => {
    metrics.watchEvent(kind, bytes);
    if (event.type === "BOOKMARK" && event.initialEventsEnd) metrics.initialEventsSent(ctx.state);
  });
  const { timeoutSeconds = 0 } = options;
  if (timeoutSeconds < 0) {
    session.end(); // its time was up before it began
    return session.closed;
  }
  let stop: () => void;
  try {
    stop = await store.watch(
      {
        namespace,
        labelSelector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
        allowWatchBookmarks: options.allowWatchBookmarks,
        sendInitialEvents: options.sendInitialEvents,
        timeoutSeconds: options.timeoutSeconds,
      },
      session,
    );
  } catch (error) {
    // History that is gone, or not there yet, is told within the stream, as upstream's watch cache does.
    if (!(error instanceof StatusError) || (error.code !== 410 && error.code !== 504)) throw error;
    session.end(error);
    return session.closed;
  }
  ctx.state.initialized?.();
  connection.open();
  const seconds = timeoutSeconds || settings.minRequestTimeoutSeconds * (1 + settings.random());
  const timer = setTimeout(() => session.end(), Math.min(seconds * 1000, 2 ** 31 - 1));
  const { signal } = ctx.state;
  const onAbort = () => session.end();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) session.end();
  try {
    await session.closed;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    stop();
  }
}

/** What is sent of the past fills no more than this part of a watcher's buffer: the rest is for what happens meanwhile. */
const PACE = 16;

/** Of sessions that have frames to send. */
let flushes: (() => void)[] = [];

/** When this turn of the event loop has read all it reads: several commits may end in it, and writes cost more than bytes. */
function flushSoon(flush: () => void): void {
  if (flushes.push(flush) > 1) return;
  setImmediate(() => {
    const all = flushes;
    flushes = [];
    for (const each of all) each();
    joined = undefined;
  });
}

/** Frames that were joined last: most watchers of a resource have the same ones to send, one after the other. */
let joined: { readonly frames: readonly Buffer[]; readonly bytes: Buffer } | undefined;

function join(frames: readonly Buffer[]): Buffer {
  if (frames.length === 1) return frames[0]!;
  const known = joined?.frames;
  if (!joined || known?.length !== frames.length || !frames.every((frame, i) => frame === known[i])) {
    joined = { frames, bytes: Buffer.concat(frames) };
  }
  return joined.bytes;
}

/** One watcher: frames of one turn of the event loop go out in one write. */
class Session implements WatchSink {
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #encoder: EventEncoder;
  readonly #limit: number;
  readonly #count: (event: WatchEvent, bytes: number) => void;
  #resolve: () => void = () => {};
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #ended = false;
  #overrun = false;

  constructor(
    connection: Connection,
    encoder: EventEncoder,
    { watchBufferBytes }: WatchSettings,
    count: (event: WatchEvent, bytes: number) => void,
  ) {
    this.#connection = connection;
    this.#encoder = encoder;
    this.#limit = watchBufferBytes;
    this.#count = count;
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
    if (this.#pendingBytes + this.#connection.buffered > this.#limit) {
      this.#overrun = true;
      return false;
    }
    try {
      const frame = this.#encoder.event(event);
      this.#push(frame);
      this.#count(event, frame.length);
    } catch {
      // What cannot be encoded as asked ends the watch: upstream's clients see it closed.
      this.end();
      return false;
    }
    return true;
  };

  room = (): Promise<void> | undefined => {
    if (this.#ended || this.#pendingBytes + this.#connection.buffered <= this.#limit / PACE) return undefined;
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
    if (error instanceof StatusError) this.#push(this.#encoder.error(error));
    this.#ended = true;
    this.#connection.open();
    this.#flush();
    this.#connection.end();
    this.#resolve();
  };

  #push(frame: Buffer): void {
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    if (this.#pending.length === 1) flushSoon(this.#flush);
  }

  readonly #flush = (): void => {
    const frames = this.#pending;
    if (frames.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#connection.open();
    if (this.#connection instanceof WebSocketConnection) for (const frame of frames) this.#connection.write(frame);
    else this.#connection.write(join(frames));
  };
}

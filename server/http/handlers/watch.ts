import { StatusError } from "../../meta/errors.ts";
import type { Random } from "../../meta/random.ts";
import { listOptions } from "../list-options.ts";
import type { Metrics } from "../metrics.ts";
import { CUSTOM, LIST, negotiate, streamMediaType } from "../negotiate.ts";
import { isWebSocket } from "../upgrade.ts";
import { EventEncoder } from "../watch-events.ts";
import { outputOf, type ResourceRequest } from "./request.ts";
import { HttpConnection, WebSocketConnection } from "./watch-connection.ts";
import { WatchSession } from "./watch-session.ts";

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
  const session = new WatchSession({
    ...{ connection, encoder },
    maxBufferedBytes: settings.watchBufferBytes,
    count(event, bytes, times) {
      metrics.watchEvents(kind, bytes, times);
      if (event.type === "BOOKMARK" && event.initialEventsEnd) metrics.initialEventsSent(ctx.state);
    },
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

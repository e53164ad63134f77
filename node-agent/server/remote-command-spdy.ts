import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Channels, readSizes, statusText, type Wish } from "./channels.ts";
import { SpdySession } from "./spdy/session.ts";
import type { SpdyStream } from "./spdy/stream.ts";
import { acceptSpdy } from "./upgrade-response.ts";

/** Best first. Only v3 and later have a resize stream, only v4 a Status. The last is what clients that offer none get. */
const PROTOCOLS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
/** --streaming-connection-creation-timeout */
const CREATION_MILLISECONDS = 30_000;

/** A SPDY connection on which the client opens one stream each for what it asked for. @throws HttpError, Error */
export async function spdyChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  wish: Wish,
): Promise<Channels> {
  const protocol = acceptSpdy(request, socket, PROTOCOLS);
  const expected = ["error", ...(["stdin", "stdout", "stderr"] as const).filter((name) => wish[name])];
  if (wish.tty && /^v[34]\./.test(protocol)) expected.push("resize");
  const { streams, session } = await collect(socket, head, expected);
  const aborted = new AbortController();
  void session.closed.then(() => aborted.abort());
  const resizes = new Set<(size: { width: number; height: number }) => void>();
  const resize = streams.get("resize");
  if (resize) readSizes(resize, resizes);
  const error = streams.get("error") as SpdyStream; // it is among those waited for
  // What the client does not send is not waited for.
  for (const name of ["error", "stdout", "stderr"]) streams.get(name)?.resume();
  const stdin = streams.get("stdin");
  const stdout = streams.get("stdout");
  const stderr = streams.get("stderr");
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    onResize: (listener) => void resizes.add(listener),
    finish(status) {
      error.end(statusText(protocol, status), () => session.close());
    },
    signal: aborted.signal,
  };
}

async function collect(
  socket: Duplex,
  head: Buffer,
  expected: readonly string[],
): Promise<{ streams: Map<string, SpdyStream>; session: SpdySession }> {
  const streams = new Map<string, SpdyStream>();
  let complete: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const session = new SpdySession(socket, head, (stream) => {
    const type = stream.header("streamType");
    if (!expected.includes(type)) return void stream.destroy();
    streams.set(type, stream);
    if (streams.size === expected.length) complete();
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error("timed out waiting for client to create streams")),
      CREATION_MILLISECONDS,
    );
    void session.closed.then(() => reject(new Error("the connection closed before its streams were there")));
  });
  try {
    await Promise.race([all, late]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { streams, session };
}

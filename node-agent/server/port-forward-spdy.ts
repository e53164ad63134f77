import type { Duplex } from "node:stream";
import { joinPort } from "./join.ts";
import type { Forwarding } from "./port-forward.ts";
import { SpdySession } from "./spdy/session.ts";
import type { SpdyStream } from "./spdy/stream.ts";

/** A data stream waits this long for its error stream, and the other way round. */
const PAIR_MILLISECONDS = 30_000;

/** Two streams of a session for each connection that is forwarded. (cri-streaming/pkg/streaming/portforward/httpstream.go) */
export async function servePortForwardSpdy(
  carrier: { readonly duplex: Duplex; readonly head: Buffer },
  forwarding: Forwarding,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(carrier.duplex, carrier.head, (stream) => {
    const pair = pairOf(pairs, stream);
    if (!pair?.data || !pair.error) return;
    clearTimeout(pair.timer);
    pairs.delete(pair.id);
    void forward(pair.data, pair.error, forwarding);
  });
  await session.closed;
  for (const { timer } of pairs.values()) clearTimeout(timer);
}

interface Pair {
  readonly id: string;
  readonly timer: NodeJS.Timeout;
  data?: SpdyStream;
  error?: SpdyStream;
}

/** Finds the other stream of a request; refuses streams that say nothing of what they are. */
function pairOf(pairs: Map<string, Pair>, stream: SpdyStream): Pair | undefined {
  const type = stream.header("streamType");
  const port = Number(stream.header("port"));
  if ((type !== "data" && type !== "error") || !Number.isInteger(port) || port < 1 || port > 65535) {
    stream.destroy();
    return undefined;
  }
  const id = stream.header("requestID") || `port-${port}`;
  let pair = pairs.get(id);
  if (!pair) {
    const timer = setTimeout(() => {
      const late = pairs.get(id);
      pairs.delete(id);
      late?.error?.end("timed out waiting for error and data streams");
      late?.data?.destroy();
    }, PAIR_MILLISECONDS);
    pair = { id, timer };
    pairs.set(id, pair);
  }
  pair[type] = stream;
  return pair;
}

/** Copies between a client and a port of the Pod. The error stream carries why that failed, or nothing. */
export async function forward(
  data: Duplex & Pick<SpdyStream, "header">,
  error: Duplex,
  { connect, describe }: Forwarding,
): Promise<void> {
  const port = Number(data.header("port"));
  error.resume();
  try {
    await joinPort(data, await connect(port));
    error.end();
  } catch (wrong) {
    error.end(describe(port, wrong instanceof Error ? wrong.message : String(wrong)));
    data.destroy();
  }
}

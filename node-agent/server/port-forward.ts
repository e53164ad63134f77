import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import { join } from "./join.ts";
import { findWorker, HttpError, type KubeletServerOptions } from "./request.ts";
import { SpdySession } from "./spdy/session.ts";
import type { SpdyStream } from "./spdy/stream.ts";
import { acceptSpdy } from "./upgrade-response.ts";

const PROTOCOL = "portforward.k8s.io";
/** SPDY inside WebSocket messages: what clients since 1.31 ask for. */
const TUNNEL = "SPDY/3.1+portforward.k8s.io";
/** A data stream waits this long for its error stream, and the other way round. */
const PAIR_MILLISECONDS = 30_000;

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (offered) => (offered.has(TUNNEL) ? TUNNEL : false),
});

/** /portForward/NAMESPACE/POD. (kubelet's cri/streaming/portforward) */
export async function servePortForward(
  [namespace = "", name = ""]: readonly string[],
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  options: KubeletServerOptions,
): Promise<void> {
  const { pod } = findWorker(options.workers, namespace, name);
  const uid = pod.metadata.uid ?? "";
  const connect = (port: number) => options.runtime.connect(uid, port);
  const describe = (port: number, text: string) => `error forwarding port ${port} to pod ${name}, uid ${uid}: ${text}`;
  const carrier = await carrierOf(request, socket, head);
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(carrier.duplex, carrier.head, (stream) => {
    const pair = pairOf(pairs, stream);
    if (!pair?.data || !pair.error) return;
    clearTimeout(pair.timer);
    pairs.delete(pair.id);
    void forward(pair.data, pair.error, connect, describe);
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

async function carrierOf(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<{ duplex: Duplex; head: Buffer }> {
  const upgrade = request.headers.upgrade?.toLowerCase();
  if (upgrade === "spdy/3.1") {
    acceptSpdy(request, socket, [PROTOCOL]);
    return { duplex: socket, head };
  }
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((each) => each.trim()) ?? [];
  if (upgrade !== "websocket" || !offered.includes(TUNNEL)) {
    throw new HttpError(400, `unable to upgrade: only SPDY/3.1 and WebSocket with ${TUNNEL} are served here`);
  }
  return new Promise((resolve) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      resolve({ duplex: createWebSocketStream(webSocket), head: Buffer.alloc(0) }),
    ),
  );
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

async function forward(
  data: SpdyStream,
  error: SpdyStream,
  connect: (port: number) => Promise<Duplex>,
  describe: (port: number, text: string) => string,
): Promise<void> {
  const port = Number(data.header("port"));
  error.resume();
  try {
    const connection = await connect(port);
    await join(data, connection);
    // Some runtimes say only afterwards that nobody listens.
    if (connection.errored) throw connection.errored;
    error.end();
  } catch (wrong) {
    error.end(describe(port, wrong instanceof Error ? wrong.message : String(wrong)));
    data.destroy();
  }
}

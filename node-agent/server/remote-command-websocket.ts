import type { IncomingMessage } from "node:http";
import { type Duplex, PassThrough, Writable } from "node:stream";
import { type ChannelSocket, openChannelSocket } from "./channel-socket.ts";
import { type Channels, sizeOf, statusText, type Wish } from "./channels.ts";

/** Channel numbers. (apimachinery/pkg/util/remotecommand) */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** v5 can close stdin alone. */
const PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

/** One WebSocket for all streams of a command. @throws HttpError */
export async function webSocketChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  wish: Wish,
): Promise<Channels> {
  return channelsOf(await openChannelSocket(request, socket, head, PROTOCOLS), wish);
}

function channelsOf({ webSocket, protocol, send, onMessage }: ChannelSocket, wish: Wish): Channels {
  const aborted = new AbortController();
  const stdin = new PassThrough();
  const resizes = new Set<(size: { width: number; height: number }) => void>();
  const output = (channel: number) =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => send(channel, chunk, () => done()) });
  onMessage((channel, rest) => {
    if (channel === CHANNEL.stdin && wish.stdin && !stdin.writableEnded) {
      // A command that reads slowly slows the client down.
      if (!stdin.write(rest)) {
        webSocket.pause();
        stdin.once("drain", () => webSocket.resume());
      }
    } else if (channel === CHANNEL.close && rest[0] === CHANNEL.stdin) stdin.end();
    else if (channel === CHANNEL.resize) {
      const size = sizeOf(rest.toString("utf8"));
      if (size) for (const listener of resizes) listener(size);
    }
  });
  webSocket.on("close", () => {
    stdin.end();
    aborted.abort();
  });
  // An empty message says that the connection stands.
  send(wish.stdout ? CHANNEL.stdout : wish.stderr ? CHANNEL.stderr : CHANNEL.error, Buffer.alloc(0));
  return {
    ...(wish.stdin && { stdin }),
    ...(wish.stdout && { stdout: output(CHANNEL.stdout) }),
    ...(wish.stderr && { stderr: output(CHANNEL.stderr) }),
    onResize: (listener) => void resizes.add(listener),
    finish(status) {
      const text = statusText(protocol, status);
      if (text) send(CHANNEL.error, Buffer.from(text));
      webSocket.close(1000);
    },
    signal: aborted.signal,
  };
}

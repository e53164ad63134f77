import type { IncomingMessage } from "node:http";
import { type Duplex, PassThrough, Writable } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Channels, sizeOf, statusText, type Wish } from "./channels.ts";
import { HttpError } from "./request.ts";

/** Channel numbers. (apimachinery/pkg/util/remotecommand) */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** Best first. v5 can close stdin alone; base64 is for browsers that cannot send bytes. */
const PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

/** One WebSocket, whose messages begin with the number of their channel. @throws HttpError */
export async function webSocketChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  wish: Wish,
): Promise<Channels> {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") {
    throw new HttpError(400, "unable to upgrade: unable to negotiate protocol");
  }
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
  if (offered.length > 0 && !offered.some((protocol) => PROTOCOLS.includes(protocol))) {
    throw new HttpError(403, `unable to negotiate protocol: client supports [${offered.join(" ")}]`);
  }
  const webSocket = await new Promise<WebSocket>((resolve) => sockets.handleUpgrade(request, socket, head, resolve));
  return channelsOf(webSocket, wish);
}

function channelsOf(webSocket: WebSocket, wish: Wish): Channels {
  const { protocol } = webSocket;
  const base64 = protocol.includes("base64");
  const aborted = new AbortController();
  const stdin = new PassThrough();
  const resizes = new Set<(size: { width: number; height: number }) => void>();
  const send = (channel: number, data: Buffer, done: () => void = () => {}) => {
    if (webSocket.readyState !== webSocket.OPEN) return done();
    if (base64) webSocket.send(`${channel}${data.toString("base64")}`, done);
    else webSocket.send(Buffer.concat([Buffer.from([channel]), data]), done);
  };
  const output = (channel: number) =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => send(channel, chunk, () => done()) });
  webSocket.on("message", (data) => {
    const [channel, rest] = messageOf(toBuffer(data), base64);
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
  webSocket.on("error", () => webSocket.terminate());
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

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

function messageOf(bytes: Buffer, base64: boolean): [channel: number, rest: Buffer] {
  if (!base64) return [bytes[0] ?? -1, bytes.subarray(1)];
  return [Number(bytes.toString("latin1", 0, 1)), Buffer.from(bytes.toString("latin1", 1), "base64")];
}

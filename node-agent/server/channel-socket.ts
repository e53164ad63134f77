import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { HttpError } from "./request.ts";

/** A WebSocket whose messages begin with the number of their channel. (streaming/pkg/httpstream/wsstream) */
export interface ChannelSocket {
  /** The subprotocol that was agreed on; empty where the client asked for none. */
  readonly protocol: string;
  readonly webSocket: WebSocket;
  /** @param done called when it is sent, or nobody is there to read it */
  send(channel: number, data: Buffer, done?: () => void): void;
  onMessage(listener: (channel: number, data: Buffer) => void): void;
}

/** @param protocols that may be agreed on: the first of the client's that is among them. @throws HttpError 400, 403 */
export async function openChannelSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
): Promise<ChannelSocket> {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") {
    throw new HttpError(400, "unable to upgrade: unable to negotiate protocol");
  }
  const offered = offeredProtocols(request);
  const protocol = offered.find((each) => protocols.includes(each));
  if (offered.length > 0 && protocol === undefined) {
    throw new HttpError(403, `unable to negotiate protocol: client supports [${offered.join(" ")}]`);
  }
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => protocol ?? false,
  });
  const webSocket = await new Promise<WebSocket>((resolve) => sockets.handleUpgrade(request, socket, head, resolve));
  webSocket.on("error", () => webSocket.terminate());
  return channelSocketOf(webSocket);
}

/** What a client names in Sec-WebSocket-Protocol, best first. */
export const offeredProtocols = (request: IncomingMessage): string[] =>
  request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];

function channelSocketOf(webSocket: WebSocket): ChannelSocket {
  const { protocol } = webSocket;
  // For browsers that cannot send bytes.
  const base64 = protocol.includes("base64");
  return {
    protocol,
    webSocket,
    send(channel, data, done = () => {}) {
      if (webSocket.readyState !== webSocket.OPEN) return done();
      const message = base64 ? `${channel}${data.toString("base64")}` : Buffer.concat([Buffer.from([channel]), data]);
      webSocket.send(message, () => done());
    },
    onMessage: (listener) => webSocket.on("message", (data) => listener(...messageOf(toBuffer(data), base64))),
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

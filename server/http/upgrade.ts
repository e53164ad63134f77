import type { IncomingMessage } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { WebSocket, WebSocketServer } from "ws";
import { badRequest } from "../meta/errors.ts";
import type { Ctx } from "./respond.ts";
import type { Upgrade } from "./state.ts";

/** Requests that came with a connection to take over: filled by listen.ts, read by the first filter. */
export const upgrades = new WeakMap<object, Upgrade>();

const chosen = new WeakMap<IncomingMessage, string>();
const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  handleProtocols: (_offered, request) => chosen.get(request) || false,
});

/** Subprotocols that the client offers, in its order; tokens are taken out before (filters/authentication.ts). */
export function offeredProtocols(ctx: Ctx): string[] {
  const header = ctx.req.headers["sec-websocket-protocol"];
  return header ? header.split(",").map((protocol) => protocol.trim()) : [];
}

export function isWebSocket(ctx: Ctx): boolean {
  const { upgrade } = ctx.state;
  if (!upgrade) return false;
  return upgrade.extendedConnect || String(ctx.req.headers.upgrade).toLowerCase() === "websocket";
}

/**
 * Go's plain WebSocket server, which serves watches, wants an Origin and takes at most one subprotocol: it refuses with
 * a bare status line. (golang.org/x/net/websocket)
 */
export function refusesHandshake(ctx: Ctx): boolean {
  const { upgrade } = ctx.state;
  if (!upgrade || upgrade.extendedConnect) return false;
  const line = !ctx.req.headers.origin ? "403 Forbidden" : offeredProtocols(ctx).length > 1 ? "400 Bad Request" : "";
  if (!line) return false;
  upgrade.taken = true;
  ctx.state.responseCode = Number(line.slice(0, 3));
  upgrade.socket.end(`HTTP/1.1 ${line}\r\n\r\n`);
  return true;
}

/**
 * Answers the handshake: from then on the connection speaks WebSocket.
 * @param protocol the subprotocol agreed on, of those offered; empty for none.
 * @throws StatusError 400 when the request is no WebSocket handshake
 */
export function acceptWebSocket(ctx: Ctx, protocol: string): Promise<WebSocket> {
  const { upgrade } = ctx.state;
  if (!upgrade || !isWebSocket(ctx)) throw badRequest("Upgrade request required");
  upgrade.taken = true;
  ctx.state.responseCode = 101;
  ctx.state.audit?.started(101);
  if (upgrade.extendedConnect) return Promise.resolve(overHttp2(upgrade.socket as ServerHttp2Stream, protocol));
  if (protocol) chosen.set(ctx.req, protocol);
  return new Promise((resolve, reject) => {
    upgrade.socket.once("close", () => reject(new Error("the connection closed during the WebSocket handshake")));
    server.handleUpgrade(ctx.req, upgrade.socket, upgrade.head, resolve);
  });
}

/** RFC 8441: the stream of a CONNECT request carries the frames. */
function overHttp2(stream: ServerHttp2Stream, protocol: string): WebSocket {
  stream.respond({ ":status": 200, ...(protocol && { "sec-websocket-protocol": protocol }) });
  // ws has no public way to start from an open connection; this is what its own server does after the handshake.
  const socket = new (
    WebSocket as unknown as new (
      address: null,
      protocols: undefined,
      options: object,
    ) => WebSocket & {
      setSocket(socket: ServerHttp2Stream, head: Buffer, options: object): void;
    }
  )(null, undefined, { autoPong: true });
  socket.setSocket(stream, Buffer.alloc(0), {
    allowSynchronousEvents: true,
    maxPayload: 100 * 1024 * 1024,
    skipUTF8Validation: false,
  });
  return socket;
}

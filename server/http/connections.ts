import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

export interface Connections {
  readonly sockets: ReadonlySet<Socket>;
  /** HTTP/2 where something has been answered: clients send their next request elsewhere, and read what is under way. */
  closeSessions(): void;
  /** Until every connection has had its first answer, or is gone. */
  firstAnswers(): Promise<void>;
}

/**
 * Who is connected. One that has just connected is not idle: its first request may be on its way, and to be hung up on
 * tells a client less than any answer. (net/http Server.closeIdleConns)
 */
export function trackConnections(server: Http2SecureServer): Connections {
  const sockets = new Set<Socket>();
  /** Each with its other end. */
  const sessions = new Map<ServerHttp2Session, string>();
  /** The other ends, whose addresses the TCP, TLS and HTTP/2 sockets of one connection have in common. */
  const fresh = new Set<string>();
  /** Connections of HTTP/1.1 that are. */
  const silent = new Map<Duplex, string>();
  let whenNone = (): void => undefined;
  const answered = (peer: string) => {
    if (fresh.delete(peer) && fresh.size === 0) whenNone();
  };
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    const peer = peerOf(socket);
    fresh.add(peer);
    socket.once("close", () => {
      sockets.delete(socket);
      answered(peer);
    });
  });
  server.on("session", (session) => {
    const peer = peerOf(session.socket);
    sessions.set(session, peer);
    session.once("close", () => sessions.delete(session));
    session.once("stream", (stream) => stream.once("close", () => answered(peer)));
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") return; // its session tells of its streams
    silent.set(socket, peerOf(socket));
    socket.once("close", () => silent.delete(socket));
  });
  const spoke = (socket: Duplex, response?: ServerResponse | Http2ServerResponse) => {
    const peer = silent.get(socket);
    if (peer === undefined) return;
    silent.delete(socket);
    if (response) response.once("close", () => answered(peer));
    else answered(peer); // what is upgraded ends by itself
  };
  server.on(
    "request",
    (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
      if (silent.size > 0 && request.httpVersionMajor === 1) spoke(request.socket, response);
    },
  );
  server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => spoke(socket));
  return {
    sockets,
    closeSessions() {
      for (const [session, peer] of sessions) if (!fresh.has(peer)) session.close();
    },
    firstAnswers: () =>
      fresh.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            whenNone = resolve;
          }),
  };
}

const peerOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string =>
  `${remoteAddress}:${remotePort}`;

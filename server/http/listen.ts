import { type IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { App } from "./app.ts";
import { type Connections, trackConnections } from "./connections.ts";
import { upgrades } from "./upgrade.ts";

/** PEM texts, and where to listen. */
export interface ListenOptions {
  readonly app: App;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** CAs that client certificates may come from. Whether one is good is the authenticators' decision. */
  readonly clientCa: string;
  /** How long a stop waits for requests in flight before it closes their connections. */
  readonly drainMilliseconds: number;
  /** Meanwhile new connections are taken, for requests to be told when to come back. */
  readonly listenWhileDraining: boolean;
}

export interface Listener {
  readonly address: AddressInfo;
  /** Serves a renewed certificate to new connections. */
  replaceCertificate(certificate: string, key: string): void;
  /** Idempotent: watches end, what is in flight finishes, connections close. */
  stop(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Lists of many megabytes stall at Node's defaults (64 KiB windows, 10 MB a session). */
const HTTP2 = {
  // Unit: megabytes. Bounds what a connection's streams may buffer together.
  maxSessionMemory: 256,
  settings: {
    initialWindowSize: 2 * MEBIBYTE,
    maxConcurrentStreams: 250, // as Go's server
    maxHeaderListSize: MEBIBYTE,
    enableConnectProtocol: true,
  },
};
const SESSION_WINDOW_BYTES = 16 * MEBIBYTE;
const MAX_HEADER_BYTES = MEBIBYTE;
/** A connection that has said nothing for so long is idle. (net/http Server.closeIdleConns) */
const NEW_MILLISECONDS = 5000;
/** Of HTTP/1.1 connections. (apiserver/pkg/server/secure_serving.go) */
const IDLE_MILLISECONDS = 90_000;

/** HTTP/2 and HTTP/1.1 over TLS. Resolves when it accepts connections. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, certificate, key, clientCa, app } = options;
  const server = createSecureServer({
    ...HTTP2,
    allowHTTP1: true,
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    cert: certificate,
    key,
    ca: clientCa,
    allowPartialTrustChain: true, // as Go: an intermediate authority may be all that is trusted
    requestCert: true,
    rejectUnauthorized: false, // a token may do instead, and a bad certificate is answered by a 401
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: IDLE_MILLISECONDS,
  } as Parameters<typeof createSecureServer>[0]); // maxHeaderSize is of the HTTP/1 half, which the type leaves out
  const connections = trackConnections(server);
  serve(server, app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  // After listening: a connection's error is its own, and must not end the server.
  server.on("error", () => {});
  let stopped: Promise<void> | undefined;
  return {
    // A TCP server's address is an object.
    address: server.address() as AddressInfo,
    replaceCertificate: (cert, newKey) =>
      server.setSecureContext({
        ...{ cert, key: newKey, ca: clientCa, minVersion: "TLSv1.2" as const },
        allowPartialTrustChain: true,
      }),
    stop() {
      stopped ??= stop(server, connections, options);
      return stopped;
    },
  };
}

function serve(server: Http2SecureServer, app: App): void {
  server.on("request", (request, response) => {
    if (request.httpVersionMajor === 1) response.on("error", ignore);
    else (response as Http2ServerResponse).stream?.on("error", ignore);
    void app.handle(request, response);
  });
  server.on("session", (session) => {
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.on("error", ignore);
  });
  server.on("tlsClientError", () => app.metrics.handshakeFailed());
  server.on("clientError", (_error: Error, socket: Duplex) => {
    if (socket.writable)
      socket.end(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request",
      );
  });
  // HTTP/1.1: the request goes through the chain as any other; whoever handles it may take the connection.
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", ignore);
    const upgrade = { socket, head, extendedConnect: false, taken: false };
    upgrades.set(request, upgrade);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.on("finish", () => {
      response.detachSocket(socket as Socket);
      socket.end();
    });
    void app.handle(request, detachWhenTaken(response, socket as Socket, upgrade));
  });
  // HTTP/2: a WebSocket is a stream of its own (RFC 8441).
  server.on("connect", (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (request.headers[":protocol"] !== "websocket") {
      response.writeHead(405);
      response.end();
      return;
    }
    upgrades.set(request, { socket: response.stream, head: Buffer.alloc(0), extendedConnect: true, taken: false });
    void app.handle(request, response);
  });
}

/** A connection that was taken over is no longer the response's. */
function detachWhenTaken(response: ServerResponse, socket: Socket, upgrade: { taken: boolean }): ServerResponse {
  let taken = false;
  Object.defineProperty(upgrade, "taken", {
    get: () => taken,
    set(value: boolean) {
      if (value && !taken) response.detachSocket(socket);
      taken = value;
    },
  });
  return response;
}

async function stop(
  server: Http2SecureServer,
  connections: Connections,
  { app, drainMilliseconds, listenWhileDraining }: ListenOptions,
): Promise<void> {
  const { sockets } = connections;
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    connections.closeSessions();
  };
  if (!listenWhileDraining) close();
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMilliseconds);
  });
  await Promise.race([app.drain(), enough]);
  close();
  const idle = new Promise<void>((resolve) => setTimeout(resolve, NEW_MILLISECONDS).unref());
  await Promise.race([connections.firstAnswers(), idle, enough]);
  clearTimeout(timer);
  // Idle keep-alive connections would hold the server open for ever.
  setImmediate(() => {
    for (const socket of sockets) socket.destroySoon();
  });
  const last = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, 200);
  await closed;
  clearTimeout(last);
}

/** A client that goes away is nobody's error. */
function ignore(): void {}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Acceptor } from "./network/stack.ts";

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What a server shows itself by. PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** As Go's net/http answers what is no HTTP. */
const BAD_REQUEST =
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";

/** An HTTP server on simulated connections; with a certificate, one of HTTPS. */
export function httpAcceptor(handler: HttpHandler, certificate?: ServerCertificate): Acceptor {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
        response.end(error instanceof Error ? error.message : String(error));
      });
  };
  const server = certificate ? createSecureServer({ ...certificate }, listener) : createServer(listener);
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end(BAD_REQUEST);
    else socket.destroy();
  });
  return (connection) => void server.emit("connection", connection);
}

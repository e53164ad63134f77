import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

export interface HttpRequest {
  readonly method?: string;
  /** Path with query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface HttpAnswer {
  readonly code: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** As they came: name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** One request on a connection of its own. @throws Error */
export function httpRequestOn(
  connection: Duplex,
  { method = "GET", target, headers, body }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { createConnection: () => connection, method, path: target, headers: { Connection: "close", ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            code: response.statusCode ?? 0,
            text: response.statusMessage ?? "",
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** Whom a client believes, and how it shows itself. PEM. */
export interface ClientTls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Believes anybody. */
  readonly insecure: boolean;
}

/** TLS on a connection. @throws Error */
export function secure(connection: Duplex, host: string, { insecure, ...pem }: ClientTls): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) ? { host } : { host, servername: host };
    const socket = connectTls({ ...pem, ...name, socket: connection, rejectUnauthorized: !insecure });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

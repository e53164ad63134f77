import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { authorityOf, type DialError, dialErrorText } from "../../meta/network-error.ts";
import type { KeptConnections } from "./kept-connections.ts";

/** Opens a connection to an address. @throws Error worded as Go's net package does */
export type Dial = (host: string, port: number) => Promise<Duplex>;

/** A server that requests are passed on to. */
export interface Backend {
  readonly scheme: "http" | "https";
  /** `host:port`, as in a URL. */
  readonly authority: string;
  /** @throws Error */
  connect(): Promise<Duplex>;
  /** For requests that may be sent twice. Absent: each has a connection of its own. */
  readonly kept?: KeptConnections;
}

/** How the server shows itself, and whom it believes. PEM. */
export interface ClientTls {
  readonly cert?: string;
  readonly key?: string;
  /** Absent: any certificate will do, as for a kube-apiserver without --kubelet-certificate-authority. */
  readonly ca?: string;
}

const DIAL_TIMEOUT_MILLISECONDS = 30_000;

/** TCP, as Go words its errors. */
export const dialTcp: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true });
    socket.setTimeout(DIAL_TIMEOUT_MILLISECONDS, () => socket.destroy(new Error("i/o timeout")));
    socket.once("error", (error: DialError) => {
      const text = dialErrorText(error, host, port) ?? `dial tcp ${authorityOf(host, port)}: ${error.message}`;
      reject(new Error(text));
    });
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeAllListeners("error");
      socket.removeAllListeners("timeout");
      socket.on("error", ignore);
      resolve(socket);
    });
  });

/** TLS on top of a connection. */
export function secure(socket: Duplex, host: string, { cert, key, ca }: ClientTls): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { cert, key, ca, rejectUnauthorized: ca !== undefined, minVersion: "TLSv1.2" } as const;
    // As Go, which trusts even what is no authority.
    const tls = connectTls({
      ...options,
      allowPartialTrustChain: true,
      socket,
      ALPNProtocols: ["http/1.1"],
      ...serverName(host),
    });
    tls.once("error", (error) => reject(new Error(`tls: ${error.message}`)));
    tls.once("secureConnect", () => {
      tls.removeAllListeners("error");
      tls.on("error", ignore);
      resolve(tls);
    });
  });
}

/** Addresses are no names that a client may send (RFC 6066). */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? { host } : { host, servername: host });

/** What is sent to a backend. Headers as on the wire: name, value, name, value. */
export interface BackendRequest {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly signal: AbortSignal;
}

/** What came of it: an answer, or another protocol on the connection. */
export interface BackendAnswer {
  readonly response: IncomingMessage;
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Sends one request on a connection of its own. `send` writes the body and ends it. @throws Error */
export async function ask(
  connection: Duplex,
  { method, target, headers, signal }: BackendRequest,
  send: (request: NodeJS.WritableStream) => void,
): Promise<BackendAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ createConnection: () => connection, method, path: target, headers: [...headers] });
    const abort = () => connection.destroy();
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", reject);
    connection.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("EOF"));
    });
    request.on("response", (response) => resolve({ response }));
    const taken = (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", ignore);
      resolve({ response, upgraded: { socket, head } });
    };
    request.on("upgrade", taken);
    request.on("connect", taken);
    if (signal.aborted) abort();
    send(request);
  });
}

/** Whoever waits for a connection hears of its end by `close`. */
function ignore(): void {}

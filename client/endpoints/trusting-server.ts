import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Trust } from "../delegated/front-proxy.ts";

export interface TrustingServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** Whom to believe; absent: nobody yet. */
  readonly trust?: Trust;
  /** How long a connection that nobody uses stays open, in ms; default Node's. */
  readonly idleMilliseconds?: number;
  /** Answers. `trust` is what holds at the time. */
  handle(request: IncomingMessage, response: ServerResponse, trust: Trust | undefined): void;
}

export interface TrustingServer {
  readonly port: number;
  /** Whom to believe from now on. */
  trust(trust: Trust): void;
  stop(): Promise<void>;
}

const BASE = "https://component";

/**
 * What a request asks for. Never throws: of what begins with two slashes the first part is no host, and what is no URL at
 * all is a path that nobody serves.
 */
export function urlOf({ url = "/" }: Pick<IncomingMessage, "url">): URL {
  if (url.startsWith("/")) return new URL(BASE + url);
  return URL.parse(url) ?? new URL(`${BASE}/${encodeURIComponent(url)}`);
}

/** Listens with TLS and asks clients for certificates, of authorities that may change. @throws Error when the port is taken */
export async function serveTrusting(options: TrustingServerOptions): Promise<TrustingServer> {
  let { trust } = options;
  const tls = () => ({
    cert: options.certificate,
    key: options.key,
    ...(trust && { ca: [trust.frontProxy.ca, trust.clientCa].filter(Boolean) }),
    allowPartialTrustChain: true, // as Go, which trusts even what is no root
    minVersion: "TLSv1.2" as const,
  });
  const { idleMilliseconds } = options;
  const server = createServer({
    ...tls(),
    requestCert: true,
    rejectUnauthorized: false,
    ...(idleMilliseconds !== undefined && { keepAliveTimeout: idleMilliseconds }),
  });
  server.on("request", (request, response) => options.handle(request, response, trust));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is an object
    trust(next) {
      trust = next;
      server.setSecureContext(tls());
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

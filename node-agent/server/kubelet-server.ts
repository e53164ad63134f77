import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { join } from "./join.ts";
import { RequestCounts } from "./kubelet-metrics.ts";
import { serveLogs } from "./logs.ts";
import { servePortForward } from "./port-forward.ts";
import { answerRead, type Meters } from "./read-endpoints.ts";
import { serveRemoteCommand } from "./remote-command.ts";
import { authorize, HttpError, type KubeletServerOptions } from "./request.ts";
import { nodeCpuCounter, usageMeter } from "./usage.ts";

/** Where a kubelet is found. (pkg/cluster/ports KubeletPort) */
export const KUBELET_PORT = 10250;

export interface KubeletServer {
  readonly address: AddressInfo;
  stop(): Promise<void>;
}

/**
 * The node's own API: /containerLogs, /exec, /attach, /portForward, /pods, /stats, /metrics, /healthz. TLS, client
 * certificates, and what the API server says of them. (pkg/kubelet/server/server.go)
 */
export async function serveKubelet(options: KubeletServerOptions): Promise<KubeletServer> {
  const { address, tls, logger } = options;
  // As Go, which trusts even what is no root.
  const trust = { requestCert: true, rejectUnauthorized: false, allowPartialTrustChain: true } as const;
  const server: Server = createServer({ ...tls, ...trust, minVersion: "TLSv1.2" });
  const meters: Meters = {
    usage: usageMeter(options.runtime, options.clock),
    nodeCpu: nodeCpuCounter(),
    requests: new RequestCounts(),
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    route(request, response, options, meters).catch((error: unknown) => {
      const code = error instanceof HttpError ? error.code : 500;
      if (code === 500) logger.warn({ err: error, url: request.url }, "kubelet request failed");
      if (!response.headersSent) response.writeHead(code, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(error instanceof Error ? error.message : String(error));
    });
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade({ request, socket, head }, options, meters).catch((error: unknown) => refuse(socket, error));
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    dialPod(request, socket, head, options).catch((error: unknown) => refuse(socket, error));
  });
  await listen(server, address, options.port).catch((error: NodeJS.ErrnoException) => {
    // The Node says which port it is, so any will do.
    if (error.code !== "EADDRINUSE" || options.port === 0) throw error;
    logger.info({ port: options.port }, "the kubelet's port is taken, using another one");
    return listen(server, address, 0);
  });
  server.unref();
  return {
    address: server.address() as AddressInfo,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: KubeletServerOptions,
  meters: Meters,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://kubelet");
  meters.requests.add(request.method ?? "GET", url.pathname);
  await authorize(request, url, options);
  const [, first = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
  if (first === "containerLogs") return serveLogs(rest, url.searchParams, response, options);
  return answerRead([first, ...rest.filter(Boolean)], response, options, meters);
}

/** The connection of a request that asks to change protocols. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function upgrade(connection: Upgrade, options: KubeletServerOptions, { requests }: Meters): Promise<void> {
  const url = new URL(connection.request.url ?? "/", "https://kubelet");
  requests.add(connection.request.method ?? "GET", url.pathname);
  await authorize(connection.request, url, options);
  const [, action = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
  if (action === "exec" || action === "attach") {
    return serveRemoteCommand(action, rest, url.searchParams, connection, options);
  }
  if (action === "portForward") return servePortForward(rest, url.searchParams, connection, options);
  throw new HttpError(404, "404 page not found");
}

/** CONNECT ADDRESS:PORT: the way into the network of this node's Pods, where they have none that others can reach. */
async function dialPod(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: KubeletServerOptions,
): Promise<void> {
  await authorize(request, new URL("https://kubelet/connect"), options);
  const [, host = "", port = ""] = /^\[?([^\]]*)\]?:(\d+)$/.exec(request.url ?? "") ?? [];
  let target: Duplex;
  try {
    target = await options.runtime.dial(host, Number(port));
  } catch (error) {
    throw new HttpError(502, error instanceof Error ? error.message : String(error));
  }
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  if (head.length > 0) target.write(head);
  await join(socket, target);
}

function refuse(socket: Duplex, error: unknown): void {
  const code = error instanceof HttpError ? error.code : 500;
  const text = error instanceof Error ? error.message : String(error);
  const head = `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: text/plain; charset=utf-8`;
  if (!socket.writable) return;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
}

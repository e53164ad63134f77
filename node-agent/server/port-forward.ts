import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import { offeredProtocols } from "./channel-socket.ts";
import { servePortForwardSpdy } from "./port-forward-spdy.ts";
import { servePortForwardWebSocket } from "./port-forward-websocket.ts";
import { findWorker, HttpError, type KubeletServerOptions } from "./request.ts";
import { acceptSpdy } from "./upgrade-response.ts";

const PROTOCOL = "portforward.k8s.io";
/** SPDY inside WebSocket messages: what kubectl since 1.31 asks for. */
const TUNNEL = "SPDY/3.1+portforward.k8s.io";

const tunnels = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => TUNNEL });

/** What is behind the ports of a Pod. */
export interface Forwarding {
  connect(this: void, port: number): Promise<Duplex>;
  /** How a client is told what went wrong with a port. */
  describe(this: void, port: number, text: string): string;
}

/** /portForward/NAMESPACE/POD, by SPDY or WebSocket. (kubelet's cri/streaming/portforward) */
export async function servePortForward(
  [namespace = "", name = ""]: readonly string[],
  query: URLSearchParams,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
  options: KubeletServerOptions,
): Promise<void> {
  const { pod } = findWorker(options.workers, namespace, name);
  const uid = pod.metadata.uid ?? "";
  const forwarding: Forwarding = {
    connect: (port) => options.runtime.connect(uid, port),
    describe: (port, text) => `error forwarding port ${port} to pod ${name}, uid ${uid}: ${text}`,
  };
  const { request, socket, head } = upgrade;
  switch (request.headers.upgrade?.toLowerCase()) {
    case "spdy/3.1":
      acceptSpdy(request, socket, [PROTOCOL]);
      return servePortForwardSpdy({ duplex: socket, head }, forwarding);
    case "websocket":
      if (!offeredProtocols(request).includes(TUNNEL)) return servePortForwardWebSocket(query, upgrade, forwarding);
      return servePortForwardSpdy({ duplex: await tunnel(upgrade), head: Buffer.alloc(0) }, forwarding);
    default:
      throw new HttpError(400, "unable to upgrade: only SPDY/3.1 and WebSocket are served here");
  }
}

function tunnel({
  request,
  socket,
  head,
}: {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}): Promise<Duplex> {
  return new Promise((resolve) =>
    tunnels.handleUpgrade(request, socket, head, (webSocket) => resolve(createWebSocketStream(webSocket))),
  );
}

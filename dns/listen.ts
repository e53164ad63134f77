import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, isIPv6, type Socket } from "node:net";
import { framed } from "./exchange.ts";
import type { Arrival } from "./resolver.ts";

/** A connection that says nothing for so long is closed, in ms. */
const IDLE = 10_000;
/** Ports that are tried, when any will do, until both transports have the same. */
const ATTEMPTS = 20;

/** Who answers: from the bytes of a question to those of its answer. Never throws. */
interface Answering {
  handle(message: Buffer, arrival: Arrival): Promise<Buffer | undefined>;
}

export interface Listening {
  readonly port: number;
  stop(): Promise<void>;
}

/** Answers at an address over UDP and TCP. @param port 0: any that is free for both @throws Error when it is taken */
export async function listenDns(address: string, port: number, resolver: Answering): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const udp = await listenUdp(address, port, resolver);
    const bound = udp.address().port;
    try {
      const stopTcp = await listenTcp(address, bound, resolver);
      return {
        port: bound,
        async stop() {
          await Promise.all([new Promise<void>((done) => udp.close(done)), stopTcp()]);
        },
      };
    } catch (error) {
      await new Promise<void>((done) => udp.close(done));
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

function listenUdp(address: string, port: number, resolver: Answering): Promise<UdpSocket> {
  const family = isIPv6(address) ? 2 : 1;
  const socket = createSocket({ type: family === 2 ? "udp6" : "udp4" });
  let isOpen = true;
  socket.once("close", () => {
    isOpen = false;
  });
  socket.on("message", async (message, from) => {
    const answer = await resolver.handle(message, { transport: "udp", family });
    if (answer && isOpen) socket.send(answer, from.port, from.address, () => {}); // who asked may be gone
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, () => {
      socket.removeListener("error", reject);
      // A client that closed its socket too early is no reason to stop.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** @returns what stops it */
function listenTcp(address: string, port: number, resolver: Answering): Promise<() => Promise<void>> {
  const family = isIPv6(address) ? 2 : 1;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, resolver, family);
  });
  const stop = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.removeListener("error", reject);
      resolve(stop);
    });
  });
}

function serve(socket: Socket, resolver: Answering, family: 1 | 2): void {
  let received = Buffer.alloc(0);
  socket.setTimeout(IDLE, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", async (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const message = Buffer.from(received.subarray(2, end));
      received = received.subarray(end);
      const answer = await resolver.handle(message, { transport: "tcp", family });
      if (answer && socket.writable) socket.write(framed(answer));
    }
  });
}

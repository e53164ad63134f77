import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { type ChannelSocket, openChannelSocket } from "./channel-socket.ts";
import { joinPort } from "./join.ts";
import type { Forwarding } from "./port-forward.ts";
import { HttpError } from "./request.ts";

const PROTOCOLS = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];
const MAX_PORT = 65_535;

/**
 * Port forwarding as programs ask for it that know no SPDY (the official clients for JavaScript and Python): ports are
 * in the query, and each has two channels, for data and for an error. (cri-streaming/pkg/streaming/portforward/websocket.go)
 */
export async function servePortForwardWebSocket(
  query: URLSearchParams,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  forwarding: Forwarding,
): Promise<void> {
  const ports = portsOf(query);
  const channels = await openChannelSocket(request, socket, head, PROTOCOLS);
  const streams = ports.map((port, index) => {
    const said = Buffer.alloc(2);
    said.writeUInt16LE(port);
    channels.send(index * 2, said);
    channels.send(index * 2 + 1, said);
    return dataStream(channels, index * 2);
  });
  channels.onMessage((channel, data) => streams[channel / 2]?.push(data));
  channels.webSocket.on("close", () => {
    for (const stream of streams) stream.push(null);
  });
  await Promise.all(
    ports.map(async (port, index) => {
      // There is a stream for each port.
      const wrong = await forwardPort(port, streams[index] as Duplex, forwarding);
      if (wrong !== undefined) channels.send(index * 2 + 1, Buffer.from(wrong));
    }),
  );
  channels.webSocket.close(1000);
}

/** @returns what went wrong */
async function forwardPort(port: number, data: Duplex, { connect, describe }: Forwarding): Promise<string | undefined> {
  try {
    const connection = await connect(port);
    // A channel has no end of its own: what the Pod ends is over, as for containerd.
    connection.once("end", () => data.push(null));
    await joinPort(data, connection);
    return undefined;
  } catch (wrong) {
    data.destroy();
    return describe(port, wrong instanceof Error ? wrong.message : String(wrong));
  }
}

/** Both directions of one channel. What arrives is not held back: one WebSocket carries all of them. */
function dataStream({ send }: ChannelSocket, channel: number): Duplex {
  return new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => send(channel, chunk, () => done()),
  });
}

/** @throws HttpError 400 */
function portsOf(query: URLSearchParams): number[] {
  const given = query.getAll("port");
  if (given.length === 0) throw new HttpError(400, 'query parameter "port" is required');
  return given.flatMap((text) => {
    if (text === "") throw new HttpError(400, 'query parameter "port" cannot be empty');
    return text.split(",").map((part) => portOf(part, text));
  });
}

function portOf(part: string, text: string): number {
  const no = (why: string) => new HttpError(400, `unable to parse ${JSON.stringify(text)} as a port: ${why}`);
  const parsing = `strconv.ParseUint: parsing ${JSON.stringify(part)}:`;
  if (!/^\d+$/.test(part)) throw no(`${parsing} invalid syntax`);
  const port = Number(part);
  if (port > MAX_PORT) throw no(`${parsing} value out of range`);
  if (port < 1) throw new HttpError(400, `port ${JSON.stringify(text)} must be > 0`);
  return port;
}

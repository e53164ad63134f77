import type { Duplex } from "node:stream";
import { SpdySession } from "../../server/spdy/session.ts";
import { openStream } from "./streaming.ts";

const PROTOCOL = "portforward.k8s.io";

/** One connection through a URL of CRI's PortForward. What goes wrong on the other side destroys it. @throws Error */
export async function forwardedConnection(url: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const { socket, head } = await openStream(url, PROTOCOL, signal);
  const session = new SpdySession(socket, head, (stream) => stream.destroy());
  const open = (streamtype: string) =>
    session.open(
      new Map([
        ["streamtype", [streamtype]],
        ["port", [String(port)]],
        ["requestid", ["0"]],
      ]),
    );
  const error = await open("error");
  error.end();
  const data = await open("data");
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of error) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    if (text) data.destroy(new Error(text));
  })().catch(() => data.destroy());
  data.once("close", () => {
    session.close();
    socket.destroy();
  });
  return data;
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { SpdySession } from "../../server/spdy/session.ts";
import type { SpdyStream } from "../../server/spdy/stream.ts";
import { remoteCommand } from "./streaming.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A runtime's other end. @param opened called with each stream that is opened */
async function runtime(opened: (stream: SpdyStream, socket: Duplex) => void): Promise<string> {
  const server = createServer();
  server.on("upgrade", (_request, socket, head) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n");
    new SpdySession(socket, head, (stream) =>
      opened(
        stream.on("error", () => {}),
        socket,
      ),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  stops.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/exec/x`;
}

const streams = () => ({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), tty: false });

// A rejection that nobody handles would end the process, and each of these tests.
test("a command whose connection breaks fails, and nothing else does", async () => {
  const url = await runtime((stream, socket) => {
    if (stream.header("streamType") === "stdin") socket.destroy();
  });
  await expect(remoteCommand(url, streams(), new AbortController().signal)).rejects.toThrow();
});

test("a command that takes too long is cut off while it writes and is written to", async () => {
  const aborted = new AbortController();
  const given = streams();
  const url = await runtime((stream) => {
    if (stream.header("streamType") !== "stderr") return;
    stream.write("some");
    given.stdin.write("more");
  });
  given.stderr.once("data", () => {
    aborted.abort();
    given.stdin.write("too late");
  });
  await expect(remoteCommand(url, given, aborted.signal)).rejects.toThrow();
  given.stdin.write("much too late");
});

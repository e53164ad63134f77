import { type Duplex, duplexPair } from "node:stream";
import { constants, createDeflate, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DICTIONARY } from "./dictionary.ts";
import { controlFrame, dataFrame, FIN, type Frame, FrameReader, TYPE, words } from "./frame.ts";
import { HeaderDecoder, HeaderEncoder } from "./header-block.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

test("the dictionary is the draft's", () => {
  expect(DICTIONARY.length).toBe(1423);
});

test("header blocks share one zlib stream, in both directions", async () => {
  const encoder = new HeaderEncoder();
  const blocks = [
    new Map([["streamtype", ["error"]]]),
    new Map([
      ["port", ["80"]],
      ["requestid", ["0", "1"]],
    ]),
  ];
  const written = blocks.map((block) => encoder.encode(block));
  const decoder = new HeaderDecoder();
  for (const [index, bytes] of written.entries()) expect(await decoder.decode(bytes)).toEqual(blocks[index]);
  decoder.close();
  const all = Buffer.concat(written);
  const plain = inflateSync(all, { dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  expect(plain.readUInt32BE(0)).toBe(1);
});

describe("a session", () => {
  test("answers a stream, echoes its data and closes with it", async () => {
    const { client, streams, frames } = open();
    client.write(controlFrame(TYPE.synStream, 0, await synStream(1, { streamtype: "data" })));
    expect(await frames()).toMatchObject([{ type: TYPE.synReply }]);
    const stream = streams[0] as SpdyStream;
    expect(stream.header("streamType")).toBe("data");
    stream.pipe(stream);
    client.write(dataFrame(1, 0, Buffer.from("hello")));
    expect(await frames()).toMatchObject([{ type: "data", stream: 1, flags: 0, payload: Buffer.from("hello") }]);
    client.write(dataFrame(1, FIN, Buffer.alloc(0)));
    expect(await frames()).toMatchObject([{ type: "data", stream: 1, flags: FIN }]);
  });

  test("answers pings of the client only", async () => {
    const { client, frames } = open();
    client.write(controlFrame(TYPE.ping, 0, words(2)));
    client.write(controlFrame(TYPE.ping, 0, words(7)));
    expect(await frames()).toMatchObject([{ type: TYPE.ping, payload: words(7) }]);
  });

  test("ends its streams with the connection", async () => {
    const { client, streams, session, frames } = open();
    client.write(controlFrame(TYPE.synStream, 0, await synStream(1, {})));
    await frames();
    client.end();
    await session.closed;
    expect(streams[0]?.destroyed).toBe(true);
  });

  test.each([
    ["to its end", FIN, "all of it"],
    ["and no end", 0, "Premature close"],
  ])("shows what was sent %s before the connection went, whenever it is read", async (_what, flags, expected) => {
    const { client, streams, session, frames } = open();
    client.write(controlFrame(TYPE.synStream, 0, await synStream(1, {})));
    await frames();
    client.write(dataFrame(1, flags, Buffer.from("all of it")));
    client.end();
    await session.closed;
    const read = async () => Buffer.concat(await (streams[0] as SpdyStream).toArray()).toString();
    expect(await read().catch((error: Error) => error.message)).toBe(expected);
  });

  test("does not listen to another protocol", async () => {
    const { client, session } = open();
    client.write(Buffer.from("\x80\x02\0\x01\0\0\0\0", "latin1"));
    await session.closed;
  });
});

function open() {
  const [client, server] = duplexPair() as [Duplex, Duplex];
  const streams: SpdyStream[] = [];
  const session = new SpdySession(server, Buffer.alloc(0), (stream) => streams.push(stream));
  const reader = new FrameReader();
  client.on("error", () => {});
  const frames = () =>
    new Promise<Frame[]>((resolve) => client.once("data", (chunk: Buffer) => resolve([...reader.read(chunk)])));
  return { client, streams, session, frames };
}

/** As a client writes it: compressed, with the dictionary. */
async function synStream(id: number, headers: Record<string, string>): Promise<Buffer> {
  const parts = [words(Object.keys(headers).length)];
  for (const text of Object.entries(headers).flat()) parts.push(words(text.length), Buffer.from(text));
  const deflate = createDeflate({ dictionary: DICTIONARY });
  const chunks: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => chunks.push(chunk));
  deflate.write(Buffer.concat(parts));
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  return Buffer.concat([words(id, 0), Buffer.from([0, 0]), ...chunks]);
}

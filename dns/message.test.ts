import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { type Answer, encode } from "dns-packet";
import { expect, test } from "vitest";
import type { Upstream } from "./exchange.ts";

import { ask, rcodeOf, serve, shown } from "./test-server.ts";

test("an answer that is too long for a datagram says so, and comes whole over TCP", async () => {
  const server = await serve();
  const name = "many.default.svc.cluster.local";
  const opt = (udpPayloadSize: number): Answer[] => [
    { type: "OPT", name: ".", udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  ];
  const short = await ask(server, name, "A");
  expect(short.flag_tc).toBe(true);
  // 16 bytes for each, since names are compressed.
  expect(short.answers).toHaveLength(29);
  expect(short.additionals).toEqual([]);
  const long = await ask(server, name, "A", { additionals: opt(1232) });
  expect(long.flag_tc).toBe(true);
  expect(long.answers).toHaveLength(73);
  expect(long.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
  const whole = await ask(server, name, "A", { additionals: opt(4096) });
  expect(whole.flag_tc).toBe(false);
  const tcp = await ask(server, name, "A", { transport: "tcp" });
  expect(tcp.flag_tc).toBe(false);
  expect(new Set(shown(tcp.answers)).size).toBe(120);
  expect(shown(whole.answers).sort()).toEqual(shown(tcp.answers).sort());
});

const header = (flags: number, questions = 1) =>
  Buffer.from([0, 77, flags >> 8, flags & 255, 0, questions, 0, 0, 0, 0, 0, 0]);
const QUESTION = encode({ questions: [{ name: "web.default.svc.cluster.local", type: "A" }] }).subarray(12);

/** The first answer to some bytes; undefined when the next question is answered before. */
function raw(to: Upstream, ...messages: Buffer[]): Promise<Buffer> {
  const socket = createSocket("udp4");
  return new Promise<Buffer>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", resolve);
    for (const message of messages) socket.send(message, to.port, to.address);
  }).finally(() => socket.close());
}

test.each([
  ["another operation", Buffer.concat([header(0x2800), QUESTION]), 4],
  ["no question", header(0x100, 0), 1],
  ["two questions", Buffer.concat([header(0x100, 2), QUESTION, QUESTION]), 1],
  ["half a question", Buffer.concat([header(0x100), QUESTION.subarray(0, 9)]), 1],
  ["another class", Buffer.concat([header(0x100), QUESTION.subarray(0, -1), Buffer.from([3])]), 5],
])("%s is refused", async (_, message, rcode) => {
  const answer = await raw(await serve(), message);
  expect(answer.readUInt16BE(0)).toBe(77);
  expect(answer.readUInt8(3) & 15).toBe(rcode);
});

test("answers and scraps are not answered", async () => {
  const server = await serve();
  const good = Buffer.concat([header(0x100), QUESTION]);
  good.writeUInt16BE(99, 0);
  const answer = await raw(server, Buffer.concat([header(0x8100), QUESTION]), Buffer.from([1, 2, 3]), good);
  expect(answer.readUInt16BE(0)).toBe(99);
});

test("a version of the extensions that nobody knows is named as such", async () => {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 1, flags: 0 } as const;
  const packet = await ask(await serve(), "web.default.svc.cluster.local", "A", {
    additionals: [{ ...opt, flag_do: false, options: [] }],
  });
  expect(rcodeOf(packet)).toBe("NOERROR");
  expect(packet.additionals).toMatchObject([{ type: "OPT", extendedRcode: 1, ednsVersion: 0 }]);
});

test("several questions on one connection are all answered", async () => {
  const server = await serve();
  const socket = connect(server.port, server.address);
  let received = Buffer.alloc(0);
  const ids = new Promise<number[]>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const found: number[] = [];
      for (let at = 0; at + 4 <= received.length; at += 2 + received.readUInt16BE(at)) {
        found.push(received.readUInt16BE(at + 2));
      }
      if (found.length === 3) resolve(found);
    });
  });
  const all = [1, 2, 3].map((id) => {
    const message = Buffer.concat([header(0x100), QUESTION]);
    message.writeUInt16BE(id, 0);
    return Buffer.concat([Buffer.from([0, message.length]), message]);
  });
  const bytes = Buffer.concat(all);
  // In pieces that end where no message does.
  socket.write(bytes.subarray(0, 30));
  socket.write(bytes.subarray(30));
  expect((await ids).sort()).toEqual([1, 2, 3]);
  socket.destroy();
});

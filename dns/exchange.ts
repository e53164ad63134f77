import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { answers } from "./message.ts";

/** Another DNS server. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** `1.2.3.4:53`, `[::1]:53` */
export const upstreamName = ({ address, port }: Upstream): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;

/** Sends a query and waits for its answer. @param question as in the query @throws Error when there is none in time */
export function exchange(
  { address, port }: Upstream,
  transport: "udp" | "tcp",
  message: Buffer,
  question: Buffer,
  limitMs: number,
): Promise<Buffer> {
  const id = message.readUInt16BE(0);
  const ask = transport === "udp" ? askUdp : askTcp;
  return ask({ address, port }, message, limitMs, (answer) => answers(answer, id, question));
}

type Ask = (to: Upstream, message: Buffer, limitMs: number, fits: (answer: Buffer) => boolean) => Promise<Buffer>;

/** A socket for each query: its number is half of what makes an answer hard to forge. */
const askUdp: Ask = ({ address, port }, message, limitMs, fits) =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const timer = setTimeout(() => done(() => reject(new Error("i/o timeout"))), limitMs);
    const done = (then: () => void) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // What arrives between here and the close is nobody's.
      socket.on("error", () => {});
      socket.close();
      then();
    };
    socket.on("error", (error) => done(() => reject(error)));
    socket.on("message", (answer) => {
      if (fits(answer)) done(() => resolve(answer));
    });
    // Connected, it hears at once when nobody listens there, and nothing from anybody else.
    socket.connect(port, address, (...failed: unknown[]) => {
      // Without a route there, nothing is connected; the types do not tell of it.
      const [error] = failed;
      if (error) done(() => reject(error));
      else socket.send(message);
    });
  });

const askTcp: Ask = ({ address, port }, message, limitMs, fits) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, address);
    const timer = setTimeout(() => socket.destroy(new Error("i/o timeout")), limitMs);
    let received = Buffer.alloc(0);
    socket.on("close", () => {
      clearTimeout(timer);
      reject(new Error("connection closed"));
    });
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = received.subarray(2, 2 + received.readUInt16BE(0));
      if (fits(answer)) resolve(answer);
      socket.destroy();
    });
    socket.write(framed(message));
  });

/** A message as it goes over a stream. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

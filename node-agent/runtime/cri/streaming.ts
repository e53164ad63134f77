import { request } from "node:http";
import type { Duplex } from "node:stream";
import { SpdySession } from "../../server/spdy/session.ts";
import type { Streams } from "../runtime.ts";

const PROTOCOL = "v4.channel.k8s.io";

/** Runs what a URL of CRI's Exec or Attach stands for. @returns the exit code @throws Error */
export async function remoteCommand(url: string, streams: Streams, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr, tty, onResize } = streams;
  const { socket, head } = await openStream(url, PROTOCOL, signal);
  const session = new SpdySession(socket, head, (stream) => stream.destroy());
  const hangUp = () => socket.destroy();
  signal.addEventListener("abort", hangUp);
  try {
    const open = (type: string) => session.open(new Map([["streamtype", [type]]]));
    const error = await open("error");
    error.end();
    const input = stdin && (await open("stdin"));
    const outputs: Promise<void>[] = [];
    for (const [type, target] of [
      ["stdout", stdout],
      ["stderr", tty ? undefined : stderr],
    ] as const) {
      if (!target) continue;
      const stream = await open(type);
      stream.end();
      const output = copied(stream, target);
      // Who waits for it waits for the end first, which fails too when all is cut off.
      output.catch(() => {});
      outputs.push(output);
    }
    if (tty) {
      const sizes = await open("resize");
      onResize?.(({ width, height }) => sizes.write(JSON.stringify({ Width: width, Height: height })));
    }
    if (stdin && input) stdin.pipe(input);
    const chunks: Buffer[] = [];
    for await (const chunk of error) chunks.push(chunk as Buffer);
    await Promise.all(outputs);
    return exitCodeOf(Buffer.concat(chunks).toString("utf8"));
  } finally {
    signal.removeEventListener("abort", hangUp);
    session.close();
    socket.destroy();
  }
}

/** Resolves when all of it has been handed over; the target stays open, since it is its owner's. */
async function copied(from: Duplex, to: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of from) {
    if (!to.write(chunk as Buffer)) await new Promise((resolve) => to.once("drain", resolve));
  }
}

interface Status {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

function exitCodeOf(text: string): number {
  if (!text) throw new Error("the connection ended before the command did");
  const { status, reason, message, details } = JSON.parse(text) as Status;
  if (status === "Success") return 0;
  const cause = details?.causes?.find((each) => each.reason === "ExitCode");
  if (reason === "NonZeroExitCode" && cause) return Number(cause.message);
  throw new Error(message ?? text);
}

/** Turns a URL of CRI into a connection that speaks SPDY. @throws Error */
export function openStream(
  url: string,
  protocol: string,
  signal: AbortSignal,
): Promise<{ socket: Duplex; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol };
    const asked = request(url, { method: "POST", headers, signal, agent: false });
    asked.once("upgrade", (_response, socket, head) => resolve({ socket, head }));
    asked.once("response", (response) => {
      response.resume();
      reject(new Error(`the container runtime refused a stream: ${response.statusCode}`));
    });
    asked.once("error", reject);
    asked.end();
  });
}

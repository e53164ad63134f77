import type { Duplex } from "node:stream";
import type { Clock } from "../../../../../client/index.ts";
import type { Process } from "../../behaviour.ts";
import { NetworkError } from "../../network/network-error.ts";
import { readOptions } from "./options.ts";
import { lookUp, UnknownHost } from "./resolver.ts";
import { aborted, TimedOut, within } from "./transfer.ts";

const SHORT: Readonly<Record<string, string>> = {
  N: "shutdown",
  k: "keep",
  l: "listen",
  n: "numeric",
  p: "port",
  q: "quit",
  s: "source",
  t: "telnet",
  u: "udp",
  v: "verbose",
  w: "timeout",
  z: "zero",
};
const VALUED = ["port", "quit", "source", "timeout"];
const FLAGS = ["shutdown", "keep", "listen", "numeric", "telnet", "udp", "verbose", "zero"];
const WORDS = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ETIMEDOUT: "Operation timed out",
};

/** nc of OpenBSD: talks to a port, looks whether somebody is there, or listens. */
export async function nc(process: Process): Promise<number> {
  const { given, rest, unknown } = readOptions(process.args, SHORT, VALUED, FLAGS);
  if (unknown !== undefined) {
    process.stderr.write(`nc: unrecognized option: ${unknown.replace(/^-+/, "")}\n`);
    return 1;
  }
  const verbose = given.has("verbose");
  const wait = given.get("timeout")?.at(-1);
  const timeout = wait === undefined ? undefined : Number(wait) * 1000;
  if (given.has("listen")) return listen(process, Number(given.get("port")?.at(-1) ?? rest.at(-1)), given.has("keep"));
  const [host = "", text = ""] = rest;
  const port = Number(text);
  const protocol = given.has("udp") ? "udp" : "tcp";
  try {
    const [address = ""] = await lookUp(process, host);
    if (protocol === "udp") return await datagrams(process, { address, port }, timeout);
    const connection = await within(process, timeout, () => process.network.dial({ address, port }));
    if (verbose) process.stderr.write(`Connection to ${host} (${address}) ${port} port [tcp/*] succeeded!\n`);
    if (given.has("zero")) connection.destroy();
    else await talk(process, connection, timeout);
    return 0;
  } catch (error) {
    if (error instanceof UnknownHost)
      process.stderr.write(`nc: getaddrinfo for host "${host}" port ${port}: Name does not resolve\n`);
    else if (error instanceof NetworkError || error instanceof TimedOut) {
      const words = WORDS[error instanceof NetworkError ? error.code : "ETIMEDOUT"];
      if (verbose) process.stderr.write(`nc: connect to ${host} port ${port} (${protocol}) failed: ${words}\n`);
    } else throw error;
    return 1;
  }
}

/** Until the other side ends, or nothing happens for a time. */
async function talk(process: Process, connection: Duplex, timeout: number | undefined): Promise<void> {
  const idle = idleTimer(process.clock, timeout, () => connection.destroy());
  const end = () => connection.destroy();
  process.signal.addEventListener("abort", end, { once: true });
  void (async () => {
    if (!process.stdin) return;
    for await (const chunk of process.stdin) {
      if (connection.destroyed) return;
      connection.write(chunk);
      idle.touch();
    }
  })();
  await new Promise<void>((resolve) => {
    connection.on("data", (chunk: Buffer) => {
      idle.touch();
      process.stdout.write(chunk);
    });
    connection.once("end", () => {
      connection.end();
      resolve();
    });
    connection.once("close", () => resolve());
  });
  idle.stop();
  process.signal.removeEventListener("abort", end);
}

async function datagrams(
  process: Process,
  to: { address: string; port: number },
  timeout: number | undefined,
): Promise<number> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, process.signal]);
  const idle = idleTimer(process.clock, timeout, () => over.abort());
  const socket = process.network.socket((data) => {
    idle.touch();
    process.stdout.write(data);
  });
  if (process.stdin) {
    for await (const chunk of process.stdin) {
      await socket.send(to, Buffer.from(chunk as Buffer));
      idle.touch();
    }
  }
  // Without a time to wait, what has no end is waited for until somebody ends it.
  await aborted(signal);
  idle.stop();
  return 0;
}

function idleTimer(clock: Clock, milliseconds: number | undefined, over: () => void) {
  let timer: { cancel(): void } | undefined;
  const touch = () => {
    timer?.cancel();
    if (milliseconds !== undefined) timer = clock.setTimeout(over, milliseconds);
  };
  touch();
  return { touch, stop: () => timer?.cancel() };
}

async function listen(process: Process, port: number, keep: boolean): Promise<number> {
  const { network, signal } = process;
  do {
    let accept: (connection: Duplex) => void = () => {};
    const first = new Promise<Duplex>((resolve) => {
      accept = resolve;
    });
    const close = network.listen(port, accept);
    const connection = await Promise.race([first, aborted(signal)]);
    if (!keep) close();
    if (!connection) return 128 + Number(signal.reason ?? 15);
    await talk(process, connection, undefined);
    if (keep) close();
  } while (keep && !signal.aborted);
  return 0;
}

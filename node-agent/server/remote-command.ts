import type { IncomingMessage } from "node:http";
import type { Duplex, Writable } from "node:stream";
import type { RunningContainer, Streams } from "../runtime/runtime.ts";
import type { Channels, RemoteStatus, Wish } from "./channels.ts";
import { spdyChannels } from "./remote-command-spdy.ts";
import { webSocketChannels } from "./remote-command-websocket.ts";
import { findWorker, HttpError, type KubeletServerOptions } from "./request.ts";

/** /exec and /attach over WebSocket or SPDY/3.1. (kubelet's cri/streaming/remotecommand) */
export async function serveRemoteCommand(
  action: "exec" | "attach",
  [namespace = "", pod = "", container = ""]: readonly string[],
  query: URLSearchParams,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  options: KubeletServerOptions,
): Promise<void> {
  const worker = findWorker(options.workers, namespace, pod);
  const record = worker.records.find((candidate) => candidate.container.name === container);
  if (!record) throw new HttpError(404, `container not found ("${container}")`);
  const wish = wishOf(query);
  const { running } = record;
  if (!running) throw new HttpError(500, `container not found ("${container}")`);
  const spdy = /^SPDY\/3\.1$/i.test(request.headers.upgrade ?? "");
  const channels = spdy
    ? await spdyChannels(request, socket, head, wish)
    : await webSocketChannels(request, socket, head, wish);
  try {
    await run(action, query.getAll("command"), running, wish, channels);
  } catch (error) {
    options.logger.debug({ err: error }, "a remote command failed");
    const what = `error ${action === "exec" ? "executing command in" : "attaching to"} container`;
    channels.finish(internalError(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** Two spellings are about: kubelet's own, and the API's. */
function wishOf(query: URLSearchParams): Wish {
  const wants = (name: string, own: string) => ["true", "1"].includes(query.get(own) ?? query.get(name) ?? "");
  const tty = wants("tty", "tty");
  // A terminal has one output.
  const wish = { stdin: wants("stdin", "input"), stdout: wants("stdout", "output"), tty };
  const stderr = wants("stderr", "error") && !tty;
  if (!wish.stdin && !wish.stdout && !stderr) {
    throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  return { ...wish, stderr };
}

async function run(
  action: "exec" | "attach",
  command: readonly string[],
  running: RunningContainer,
  { tty }: Wish,
  channels: Channels,
): Promise<void> {
  const { stdin, stdout, stderr, signal } = channels;
  const streams: Streams = {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    tty,
    onResize: (listener) => channels.onResize(listener),
  };
  const code = action === "exec" ? await running.exec(command, streams, signal) : undefined;
  if (code === undefined) await running.attach(streams, signal);
  // The client stops reading when it hears of the end.
  await Promise.all([stdout, stderr].map((stream) => stream && flushed(stream)));
  channels.finish(exitStatus(code ?? 0));
}

/** Resolves when all is sent that was written, or nobody is there to read it. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableFinished) return resolve();
    stream.once("finish", resolve);
    stream.once("close", resolve);
    stream.end();
  });
}

/** What the error stream says at the end. */
function exitStatus(code: number): RemoteStatus {
  if (code === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function internalError(message: string): RemoteStatus {
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

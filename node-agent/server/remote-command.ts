import type { IncomingMessage } from "node:http";
import { Duplex, PassThrough, Writable } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { RunningContainer, Streams } from "../runtime/runtime.ts";
import { authorize, findWorker, HttpError, type KubeletServerOptions } from "./request.ts";

/** Channel numbers of the WebSocket protocols. (apimachinery/pkg/util/remotecommand) */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** Newest first. v5 can close stdin alone. */
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

/** /exec and /attach over WebSocket. */
export async function handleUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: KubeletServerOptions,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://kubelet");
  await authorize(request, url, options);
  const [, action = "", namespace = "", pod = "", container = ""] = url.pathname.split("/").map(decodeURIComponent);
  if (action !== "exec" && action !== "attach") throw new HttpError(404, "404 page not found");
  if (request.headers.upgrade?.toLowerCase() !== "websocket")
    throw new HttpError(400, "unable to upgrade: only websocket is served here");
  const worker = findWorker(options.workers, namespace, pod);
  const record = worker.records.find((candidate) => candidate.container.name === container);
  if (!record) throw new HttpError(404, `container not found ("${container}")`);
  const { running } = record;
  if (!running) throw new HttpError(500, `cannot exec in a stopped state: unknown`);
  const query = url.searchParams;
  // Two spellings are about: the API server's and kubelet's own.
  const wants = (name: string, own: string) => ["true", "1"].includes(query.get(name) ?? query.get(own) ?? "");
  const wish: Wish = {
    command: query.getAll("command"),
    stdin: wants("stdin", "input"),
    stdout: wants("stdout", "output"),
    stderr: wants("stderr", "error"),
    tty: wants("tty", "tty"),
  };
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    void serve(webSocket, action, running, wish).catch((error: unknown) => {
      options.logger.debug({ err: error }, "a remote command failed");
      webSocket.terminate();
    });
  });
}

interface Wish {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

async function serve(
  webSocket: WebSocket,
  action: "exec" | "attach",
  running: RunningContainer,
  wish: Wish,
): Promise<void> {
  const aborted = new AbortController();
  const input = new PassThrough();
  const resizes = new Set<(size: { width: number; height: number }) => void>();
  const send = (channel: number, data: Uint8Array | string) => {
    const bytes = Buffer.concat([Buffer.from([channel]), Buffer.from(data as string)]);
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(bytes);
  };
  const output = (channel: number) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        send(channel, chunk);
        done();
      },
    });
  webSocket.on("message", (data) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    const rest = bytes.subarray(1);
    if (bytes[0] === CHANNEL.stdin) input.write(rest);
    else if (bytes[0] === CHANNEL.close && rest[0] === CHANNEL.stdin) input.end();
    else if (bytes[0] === CHANNEL.resize) {
      const { Width = 0, Height = 0 } = JSON.parse(rest.toString("utf8")) as { Width?: number; Height?: number };
      for (const listener of resizes) listener({ width: Width, height: Height });
    }
  });
  webSocket.on("close", () => {
    input.end();
    aborted.abort();
  });
  const streams: Streams = {
    ...(wish.stdin && { stdin: Duplex.from({ readable: input, writable: new PassThrough() }) }),
    ...(wish.stdout && { stdout: output(CHANNEL.stdout) }),
    ...(wish.stderr && !wish.tty && { stderr: output(CHANNEL.stderr) }),
    tty: wish.tty,
    onResize: (listener) => void resizes.add(listener),
  };
  if (action === "attach") {
    await running.attach(streams, aborted.signal);
    send(CHANNEL.error, JSON.stringify({ metadata: {}, status: "Success" }));
  } else {
    const code = await running.exec(wish.command, streams, aborted.signal);
    send(CHANNEL.error, JSON.stringify(exitStatus(code)));
  }
  webSocket.close(1000);
}

/** What the error channel says at the end. (kubelet/pkg/cri/streaming/remotecommand) */
function exitStatus(code: number): unknown {
  if (code === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

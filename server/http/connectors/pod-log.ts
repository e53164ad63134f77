import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { badRequest, genericServerResponse, internalError, StatusError } from "../../meta/errors.ts";
import type { Connector } from "../handlers/connect.ts";
import { baseHeaders, type Ctx, canRespond, send } from "../respond.ts";
import { acceptWebSocket, isWebSocket, offeredProtocols } from "../upgrade.ts";
import { ask, type Backend } from "./backend.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { kubeletOf } from "./kubelet.ts";
import { logOptions } from "./log-options.ts";
import { containerOf, podOf } from "./pod-container.ts";

/** How much of a kubelet's error text is read. */
const MAX_ERROR_BYTES = 50_000;
/** Log over WebSocket, for browsers. (apimachinery httpstream/wsstream) */
const PROTOCOLS = ["binary.k8s.io", "base64.binary.k8s.io"];

/** GET pods/NAME/log. (pkg/registry/core/pod/rest/log.go) */
export function podLog(options: ConnectOptions): Connector {
  return {
    group: "",
    resource: "pods",
    subresource: "log",
    methods: ["GET"],
    async connect({ ctx, namespace, name, query }) {
      const { container, follow, insecureSkipTlsVerifyBackend, query: search } = logOptions(query, name);
      const pod = podOf(options.reader, namespace, name);
      const chosen = containerOf(pod, container);
      const { nodeName } = pod.spec;
      if (!nodeName) return send(ctx, 204, "", "");
      const kubelet = kubeletOf(nodeName, options, "pods");
      const path = `/containerLogs/${namespace}/${name}/${chosen}${search && `?${search}`}`;
      const response = await get(insecureSkipTlsVerifyBackend ? kubelet.insecure : kubelet, path, ctx);
      await checkResponse(response, name);
      if (isWebSocket(ctx)) return overWebSocket(ctx, response);
      await copy(ctx, response, follow);
    },
  };
}

async function get(backend: Backend, target: string, ctx: Ctx): Promise<IncomingMessage> {
  try {
    const connection = await backend.connect();
    const headers = ["Host", backend.authority, "User-Agent", "Go-http-client/1.1", "Connection", "close"];
    const request = { method: "GET", target, headers, signal: ctx.state.signal };
    return (await ask(connection, request, (body) => body.end())).response;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new StatusError(500, "", `Get "https://${backend.authority}${target}": ${text}`);
  }
}

/** A kubelet's refusal as a Status. (apiserver/pkg/registry/generic/rest/response_checker.go) */
async function checkResponse(response: IncomingMessage, name: string): Promise<void> {
  const code = response.statusCode ?? 500;
  if (code >= 300 && code < 400) throw new StatusError(500, "", "redirects forbidden");
  if (code >= 200 && code <= 206) return;
  const serverMessage = await read(response);
  if (code === 500) throw internalError(serverMessage);
  if (code === 400) throw badRequest(serverMessage);
  throw genericServerResponse(code, { verb: "", resource: { group: "", resource: "pods/log" }, name, serverMessage });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString("utf8");
}

function copy(ctx: Ctx, response: IncomingMessage, follow: boolean): Promise<void> {
  if (!canRespond(ctx)) {
    response.destroy();
    return Promise.resolve();
  }
  const { res, state } = ctx;
  state.responseCode = 200;
  res.writeHead(200, baseHeaders(ctx, "text/plain"));
  // A follower wants to know that it follows, though nothing may be there yet.
  if (follow) res.flushHeaders();
  return new Promise((resolve) => {
    res.once("close", () => {
      response.destroy();
      resolve();
    });
    response.once("close", () => {
      if (!res.writableEnded) res.end();
      resolve();
    });
    response.on("data", (chunk: Buffer) => {
      state.responseBytes += chunk.length;
    });
    response.pipe(res);
  });
}

/** Frames of bytes, or of base64 text for browsers that ask for it. */
async function overWebSocket(ctx: Ctx, response: IncomingMessage): Promise<void> {
  const offered = offeredProtocols(ctx);
  const protocol = offered.find((each) => PROTOCOLS.includes(each)) ?? "";
  if (offered.length > 0 && !protocol) {
    response.destroy();
    throw badRequest(
      `requested protocol(s) are not supported: [${offered.join(" ")}]; supports: ["" ${PROTOCOLS.join(" ")}]`,
    );
  }
  const socket: WebSocket = await acceptWebSocket(ctx, protocol);
  const base64 = protocol.startsWith("base64");
  socket.on("error", () => socket.terminate());
  socket.on("close", () => response.destroy());
  ctx.state.signal.addEventListener("abort", () => socket.close(1001), { once: true });
  // Upstream opens with an empty frame, so that clients know that the stream is there.
  socket.send(base64 ? "" : Buffer.alloc(0), { binary: !base64 });
  try {
    for await (const chunk of response) socket.send(base64 ? chunk.toString("base64") : chunk, { binary: !base64 });
  } finally {
    socket.close(1000);
  }
}

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { badRequest, StatusError } from "../../meta/errors.ts";
import type { Ctx } from "../respond.ts";
import type { Upgrade } from "../state.ts";
import { ask, type Backend, type BackendAnswer } from "./backend.ts";

/** Never passed on: whoever is behind must not be able to act as the client. */
const CREDENTIALS = new Set(["authorization", "x-remote-user", "x-remote-group", "x-remote-uid"]);

/**
 * Passes a request to change protocols on, and then every byte in both directions: what is spoken (SPDY, WebSocket) is
 * a matter of the client and the backend. (apimachinery/pkg/util/proxy/upgradeaware.go)
 * @param identity headers that say for whom, name and value in turn: the client's own of that kind are dropped
 * @throws StatusError 400 when it is no such request, 500 when the backend cannot be asked
 */
export async function proxyUpgrade(
  ctx: Ctx,
  backend: Backend,
  target: string,
  identity: readonly string[] = [],
): Promise<void> {
  const { upgrade, signal } = ctx.state;
  if (!upgrade) throw badRequest("Upgrade request required");
  const connection = await dial(backend);
  const method = upgrade.extendedConnect ? "GET" : (ctx.req.method ?? "GET");
  const isOwn = identity.length > 0 ? isCredentialOrRemote : isCredential;
  const headers = upgrade.extendedConnect ? handshakeOf(ctx, backend, isOwn) : forwarded(ctx, isOwn);
  let answer: BackendAnswer;
  try {
    answer = await ask(connection, { method, target, headers: [...headers, ...identity], signal }, (body) =>
      body.end(),
    );
  } catch (error) {
    throw new StatusError(500, "", error instanceof Error ? error.message : String(error));
  }
  const { response, upgraded } = answer;
  const code = response.statusCode ?? 0;
  if (!upgraded && code < 400) {
    connection.destroy();
    throw new StatusError(500, "", `invalid upgrade response: status code ${code}`);
  }
  upgrade.taken = true;
  ctx.state.responseCode = code;
  const client = upgrade.socket;
  client.on("error", () => client.destroy());
  if (!upgraded) return refuse(upgrade, response);
  if (upgrade.extendedConnect) {
    const protocol = response.headers["sec-websocket-protocol"];
    (client as ServerHttp2Stream).respond({ ":status": 200, ...(protocol && { "sec-websocket-protocol": protocol }) });
  } else client.write(headOf(response));
  if (upgraded.head.length > 0) client.write(upgraded.head);
  if (upgrade.head.length > 0) upgraded.socket.write(upgrade.head);
  await join(client, upgraded.socket, signal);
}

const isCredential = (name: string) => CREDENTIALS.has(name);
const isCredentialOrRemote = (name: string) => isCredential(name) || name.startsWith("x-remote-");

async function dial(backend: Backend): Promise<Duplex> {
  try {
    return await backend.connect();
  } catch (error) {
    throw new StatusError(500, "", `error dialing backend: ${error instanceof Error ? error.message : error}`);
  }
}

/** The client's headers as they came, without what identifies it. */
function forwarded(ctx: Ctx, isOwn: (name: string) => boolean): string[] {
  const { rawHeaders, headers, socket } = ctx.req;
  const result: string[] = [];
  const via: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    const value = rawHeaders[i + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "x-forwarded-for") via.push(value);
    // A token among the subprotocols was taken out by authentication.
    else if (lower !== "sec-websocket-protocol" && !isOwn(lower)) result.push(name, value);
  }
  const protocols = headers["sec-websocket-protocol"];
  if (protocols) result.push("Sec-WebSocket-Protocol", protocols);
  result.push("X-Forwarded-For", [...via, socket.remoteAddress ?? ""].join(", "));
  return result;
}

/** A client of HTTP/2 (RFC 8441) sends no key: the handshake with the backend needs one. */
function handshakeOf(ctx: Ctx, { authority }: Backend, isOwn: (name: string) => boolean): string[] {
  const result = ["Host", authority, "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"];
  result.push("Sec-WebSocket-Key", randomBytes(16).toString("base64"));
  for (const [name, value] of Object.entries(ctx.req.headers)) {
    const ours = name.startsWith(":") || name === "host" || isOwn(name) || name === "sec-websocket-version";
    if (!ours && value !== undefined) result.push(name, [value].flat().join(", "));
  }
  result.push("X-Forwarded-For", ctx.req.socket.remoteAddress ?? "");
  return result;
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage, extra = ""): string {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (extra && /^(connection|transfer-encoding)$/i.test(name)) continue;
    text += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  return `${text}${extra}\r\n`;
}

/** The backend's refusal, to the client as it is; the connection ends with it. */
async function refuse({ socket, extendedConnect }: Upgrade, response: IncomingMessage): Promise<void> {
  if (extendedConnect) (socket as ServerHttp2Stream).respond({ ":status": response.statusCode ?? 500 });
  else socket.write(headOf(response, "Connection: close\r\n"));
  for await (const chunk of response) socket.write(chunk);
  socket.end();
}

/** Copies until one side ends, then ends the other. */
export function join(a: Duplex, b: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const abort = () => {
      a.destroy();
      b.destroy();
    };
    let open = 2;
    const closed = (other: Duplex) => () => {
      // What was written is still to be sent.
      if (!other.writableEnded) other.end();
      if (--open > 0) return;
      signal.removeEventListener("abort", abort);
      resolve();
    };
    a.once("close", closed(b));
    b.once("close", closed(a));
    a.once("end", () => b.end());
    b.once("end", () => a.end());
    a.on("error", () => a.destroy());
    b.on("error", () => b.destroy());
    a.pipe(b);
    b.pipe(a);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

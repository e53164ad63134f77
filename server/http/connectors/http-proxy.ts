import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { deflateRaw, gunzip, gzip, inflateRaw } from "node:zlib";
import { serviceUnavailable } from "../../meta/errors.ts";
import { baseHeaders, type Ctx, canRespond, send } from "../respond.ts";
import { ask, type Backend } from "./backend.ts";
import { rewriteLinks } from "./html-links.ts";
import { joinPath, type Rewriting, rewriteUrl } from "./rewrite-url.ts";
import { proxyUpgrade } from "./upgrade-proxy.ts";

/** Of one connection only: never passed on. (net/http/httputil/reverseproxy.go) */
const HOP_BY_HOP = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const CREDENTIALS = new Set(["authorization", "x-remote-user", "x-remote-group", "x-remote-uid", "x-forwarded-for"]);

/**
 * Passes a request on to a server behind, and its answer back, with redirects and links changed so that they lead
 * through the proxy again. (apimachinery/pkg/util/proxy)
 * @param path as the backend knows it
 * @param identity headers that say for whom, name and value in turn: the client's own of that kind are dropped
 */
export async function proxyHttp(
  ctx: Ctx,
  backend: Backend,
  path: string,
  identity: readonly string[] = [],
): Promise<void> {
  const { rawQuery, rawPath } = urlOf(ctx);
  if (ctx.state.upgrade) return proxyUpgrade(ctx, backend, `${escapePath(path) || "/"}${rawQuery}`, identity);
  // A page at the empty path would have its relative links miss the last segment.
  if (path === "" && (ctx.method === "GET" || ctx.method === "HEAD")) {
    return send(ctx, 301, "", "", { Location: `${rawPath}/${rawQuery}` });
  }
  const escaped = escapePath(path);
  const prepend = rawPath.endsWith(escaped) ? rawPath.slice(0, rawPath.length - escaped.length) : rawPath;
  const headers = requestHeaders(ctx, joinPath(prepend, escaped), identity);
  const response = await passOn(ctx, backend, `${escaped || "/"}${rawQuery}`, headers);
  const host = String(ctx.req.headers.host ?? ctx.req.headers[":authority"] ?? "");
  await answer(ctx, response, { prepend, backend: backend.authority, host });
}

/** The path and query as the client wrote them. */
function urlOf(ctx: Ctx): { rawPath: string; rawQuery: string } {
  const url = ctx.req.url ?? "/";
  const at = url.indexOf("?");
  return at < 0 ? { rawPath: url, rawQuery: "" } : { rawPath: url.slice(0, at), rawQuery: url.slice(at) };
}

const escapePath = (path: string) => path.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":");

function requestHeaders(ctx: Ctx, forwardedUri: string, identity: readonly string[]): string[] {
  const { headers, socket } = ctx.req;
  const named = String(headers.connection ?? "").split(",");
  const dropped = new Set([...HOP_BY_HOP, ...CREDENTIALS, ...named.map((name) => name.trim().toLowerCase())]);
  const host = String(headers.host ?? headers[":authority"] ?? "");
  const result = ["Host", host];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === "host" || name.startsWith(":") || dropped.has(name)) continue;
    if (identity.length > 0 && name.startsWith("x-remote-")) continue;
    for (const each of [value].flat()) result.push(name, each);
  }
  if (headers["transfer-encoding"]) result.push("Transfer-Encoding", "chunked");
  const via = headers["x-forwarded-for"];
  result.push("X-Forwarded-For", [...(via ? [via].flat() : []), socket.remoteAddress ?? ""].join(", "));
  result.push("X-Forwarded-Uri", forwardedUri, ...identity);
  return result;
}

/** What may be sent twice: a kept connection can break after the server behind has read a request. (net/http isReplayable) */
const REPLAYABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

async function passOn(ctx: Ctx, backend: Backend, target: string, headers: string[]): Promise<IncomingMessage> {
  const { req, state } = ctx;
  const method = req.method ?? "GET";
  const length = req.headers["content-length"] !== undefined || req.headers["transfer-encoding"] !== undefined;
  // HTTP/2 bodies need neither header.
  const hasBody = length || (req.httpVersionMajor > 1 && !["GET", "HEAD"].includes(method));
  if (hasBody && !length) headers.push("Transfer-Encoding", "chunked");
  try {
    const { signal } = state;
    if (backend.kept && !hasBody && REPLAYABLE.has(method))
      return await backend.kept.ask({ method, target, headers, signal });
    const connection = await backend.connect();
    const own = [...headers, "Connection", "close"];
    const { response } = await ask(connection, { method, target, headers: own, signal }, (body) => {
      if (hasBody) req.pipe(body);
      else body.end();
    });
    return response;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw serviceUnavailable(`error trying to reach service: ${text}`);
  }
}

async function answer(ctx: Ctx, response: IncomingMessage, rewriting: Rewriting): Promise<void> {
  if (!canRespond(ctx)) return void response.destroy();
  const { res, state } = ctx;
  const headers = responseHeaders(ctx, response);
  const { location } = response.headers;
  if (location) headers.set("Location", [rewriteUrl(location, rewriting)]);
  const type = (response.headers["content-type"] ?? "").split(";")[0]?.trim();
  const page =
    type === "text/html" && !location && ctx.method !== "HEAD" ? await rewritten(response, rewriting) : undefined;
  if (page) headers.set("Content-Length", [String(page.length)]);
  state.responseCode = response.statusCode ?? 502;
  res.writeHead(state.responseCode, Object.fromEntries(headers));
  if (page) return void res.end(page);
  await new Promise<void>((resolve) => {
    res.once("close", () => {
      response.destroy();
      resolve();
    });
    response.once("close", () => {
      // An answer that breaks off must not look whole.
      if (!response.complete) res.destroy();
      resolve();
    });
    response.pipe(res);
  });
}

/** The backend's headers besides our own: of those that both set, clients get both. */
function responseHeaders(ctx: Ctx, { rawHeaders, headers: parsed }: IncomingMessage): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const [name, value] of Object.entries(baseHeaders(ctx, ""))) headers.set(name, [value].flat().map(String));
  const named = String(parsed.connection ?? "").split(",");
  const dropped = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim().toLowerCase())]);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (dropped.has(name.toLowerCase())) continue;
    const known = [...headers.keys()].find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
    headers.set(known, [...(headers.get(known) ?? []), rawHeaders[i + 1] ?? ""]);
  }
  return headers;
}

interface Codec {
  decode(bytes: Buffer): Promise<Buffer>;
  encode(bytes: Buffer): Promise<Buffer>;
}

const CODINGS: ReadonlyMap<string, Codec> = new Map(
  Object.entries({
    gzip: { decode: promisify(gunzip), encode: promisify(gzip) },
    deflate: { decode: promisify(inflateRaw), encode: promisify(deflateRaw) },
  }),
);

/** @returns undefined for codings that are not known: the page is passed on as it is */
async function rewritten(response: IncomingMessage, rewriting: Rewriting): Promise<Buffer | undefined> {
  const coding = response.headers["content-encoding"];
  const codec = coding ? CODINGS.get(coding) : undefined;
  if (coding && !codec) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  // One byte a character, so that pages in any encoding survive.
  const html = (codec ? await codec.decode(bytes) : bytes).toString("latin1");
  const changed = Buffer.from(
    rewriteLinks(html, (url) => rewriteUrl(url, rewriting)),
    "latin1",
  );
  return codec ? codec.encode(changed) : changed;
}

import { gzip } from "node:zlib";
import type { Context } from "koa";
import type { State } from "./state.ts";

/** Upstream compresses what is larger than this, and only when asked. (handlers/responsewriters/writers.go) */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
const HIGH_WATER_BYTES = 256 * 1024;

export type Headers = Record<string, string | number | string[]>;

/** The context that every filter and handler of this server gets. */
export type Ctx = Context & { state: State };

/** Headers that every answer carries, whoever writes it. */
export function baseHeaders(ctx: Ctx, contentType: string): Headers {
  const { state } = ctx;
  const headers: Headers = { "Audit-Id": state.auditId, "Cache-Control": "no-cache, private" };
  if (contentType) headers["Content-Type"] = contentType;
  if (state.flow) {
    headers["X-Kubernetes-Pf-Flowschema-Uid"] = state.flow.flowSchemaUid;
    headers["X-Kubernetes-Pf-Prioritylevel-Uid"] = state.flow.priorityLevelUid;
  }
  if (state.warnings.length > 0) headers.Warning = warningHeaders(state.warnings);
  return headers;
}

/** Whether an answer can still be given: the deadline, the client or a panic may have been quicker. */
export function canRespond(ctx: Ctx): boolean {
  return !ctx.res.headersSent && !ctx.res.destroyed && !ctx.state.upgrade?.taken;
}

/** Writes a whole answer at once. */
export function send(ctx: Ctx, code: number, contentType: string, body: string | Uint8Array, extra?: Headers): void {
  if (!canRespond(ctx)) return;
  const headers = baseHeaders(ctx, contentType);
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  headers["Content-Length"] = bytes.byteLength;
  if (extra) Object.assign(headers, extra);
  ctx.state.responseCode = code;
  ctx.state.responseBytes = bytes.byteLength;
  ctx.res.writeHead(code, headers);
  // A 304 and the answer to HEAD have headers only.
  if (ctx.method === "HEAD" || code === 304 || code === 204) ctx.res.end();
  else ctx.res.end(bytes);
}

/** Go's http.Error: text, newline, and no sniffing. */
export function sendText(ctx: Ctx, code: number, text: string, extra?: Headers): void {
  send(ctx, code, "text/plain; charset=utf-8", `${text}\n`, { "X-Content-Type-Options": "nosniff", ...extra });
}

/** An API object's bytes, compressed when it is large and the client takes gzip. */
export function sendObject(ctx: Ctx, code: number, contentType: string, body: string | Uint8Array, extra?: Headers) {
  const { audit } = ctx.state;
  if (audit?.trail.wantsResponseObject) {
    audit.responseBody = { contentType, bytes: typeof body === "string" ? Buffer.from(body) : body };
  }
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (length <= GZIP_THRESHOLD_BYTES || !acceptsGzip(ctx)) return send(ctx, code, contentType, body, extra);
  return new Promise<void>((resolve, reject) => {
    gzip(body, { level: 1 }, (error, compressed) => {
      if (error) return reject(error);
      send(ctx, code, contentType, compressed, { "Content-Encoding": "gzip", Vary: "Accept-Encoding", ...extra });
      resolve();
    });
  });
}

/**
 * A body in pieces: no more than a buffer's worth waits for a slow client, and the pieces are made when there is room.
 * `length` is the sum of all, in bytes.
 */
export async function sendChunks(
  ctx: Ctx,
  code: number,
  contentType: string,
  length: number,
  chunks: Iterable<Uint8Array>,
): Promise<void> {
  const whole = length <= HIGH_WATER_BYTES || ctx.state.audit?.trail.wantsResponseObject;
  if (whole || (length > GZIP_THRESHOLD_BYTES && acceptsGzip(ctx))) {
    return sendObject(ctx, code, contentType, Buffer.concat([...chunks], length));
  }
  if (!canRespond(ctx)) return;
  const headers = baseHeaders(ctx, contentType);
  headers["Content-Length"] = length;
  ctx.state.responseCode = code;
  ctx.state.responseBytes = length;
  const { res } = ctx;
  res.writeHead(code, headers);
  for (const chunk of chunks) {
    if (res.destroyed || res.writableEnded) return;
    if (!res.write(chunk)) await drained(ctx);
  }
  if (!res.writableEnded) res.end();
}

/** Resolves when the socket took what was written, or is gone. */
function drained({ res }: Ctx): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off("drain", done);
      res.off("close", done);
      resolve();
    };
    res.on("drain", done);
    res.on("close", done);
    if (res.destroyed) done();
  });
}

/** As upstream: the bare token only, weights do not count. */
export function acceptsGzip(ctx: Ctx): boolean {
  const accepted = ctx.req.headers["accept-encoding"];
  if (!accepted) return false;
  return String(accepted)
    .split(",")
    .some((token) => token.trim() === "gzip");
}

const MAX_WARNING_CHARACTERS = 4 * 1024;
const TRUNCATED_WARNING_CHARACTERS = 256;

/** `Warning` headers in Node's form of bytes (latin1), cut as apiserver/pkg/endpoints/filters/warning.go does. */
export function warningHeaders(texts: readonly string[]): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: texts with control characters are left out, as upstream
  const clean = texts.filter((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text));
  const total = clean.reduce((sum, text) => sum + [...text].length, 0);
  if (total <= MAX_WARNING_CHARACTERS) return clean.map(warningHeader);
  const headers: string[] = [];
  let written = 0;
  for (const text of clean) {
    if (written >= MAX_WARNING_CHARACTERS) break;
    const cut = [...text].slice(0, TRUNCATED_WARNING_CHARACTERS);
    written += cut.length;
    headers.push(warningHeader(cut.join("")));
  }
  return headers;
}

function warningHeader(text: string): string {
  return Buffer.from(`299 - "${text.replace(/["\\]/g, "\\$&")}"`).toString("latin1");
}

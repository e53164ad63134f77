import { gzip } from "node:zlib";
import type { Context } from "koa";
import type { State } from "./state.ts";

/** Upstream compresses what is larger than this, and only when asked. (handlers/responsewriters/writers.go) */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
/** Upstream's: speed counts. */
export const GZIP_LEVEL = 1;

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
    gzip(body, { level: GZIP_LEVEL }, (error, compressed) => {
      if (error) return reject(error);
      send(ctx, code, contentType, compressed, { "Content-Encoding": "gzip", Vary: "Accept-Encoding", ...extra });
      resolve();
    });
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

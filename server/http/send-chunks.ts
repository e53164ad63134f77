import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { acceptsGzip, baseHeaders, type Ctx, canRespond, GZIP_LEVEL, sendObject } from "./respond.ts";

/** A body that is made piece by piece. */
export interface Chunks {
  /** Bytes in all. */
  readonly length: number;
  /** Writes the next bytes into a buffer. @returns how many: 0 when all have been written */
  fill(buffer: Buffer): number;
}

/** What one write takes: few enough for a slow client to cost little, many enough for writes to be few. */
const CHUNK_BYTES = 256 * 1024;
const COMPRESSED_CHUNK_BYTES = 64 * 1024;
/** One is filled while the other is on its way. */
const BUFFERS_PER_ANSWER = 2;
/**
 * Buffers that no answer uses. New ones for each list would be gone after it, but V8 counts them, and collects all
 * garbage after every few lists: more work than the lists themselves.
 */
const spare: Buffer[] = [];
const MAX_SPARE = 4;

/** A body in pieces: no more than two of them wait for a slow client, and they are made when there is room. */
export async function sendChunks(ctx: Ctx, code: number, contentType: string, chunks: Chunks): Promise<void> {
  const { length } = chunks;
  const isWhole = length <= CHUNK_BYTES || ctx.state.audit?.trail.wantsResponseObject;
  if (isWhole) return sendObject(ctx, code, contentType, wholeOf(chunks));
  if (!canRespond(ctx)) return;
  if (acceptsGzip(ctx)) return sendCompressed(ctx, code, contentType, chunks);
  const headers = baseHeaders(ctx, contentType);
  headers["Content-Length"] = length;
  ctx.state.responseCode = code;
  ctx.state.responseBytes = length;
  const { res } = ctx;
  res.writeHead(code, headers);
  if (ctx.method === "HEAD") return void res.end();
  const writing: { readonly buffer: Buffer; readonly written: Promise<boolean> }[] = [];
  for (;;) {
    const oldest = writing.length < BUFFERS_PER_ANSWER ? undefined : writing.shift();
    // What was not written may still be somewhere on its way: its buffer is not used again.
    if (oldest && !(await oldest.written)) return;
    if (res.destroyed || res.writableEnded) return;
    const buffer = oldest?.buffer ?? spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const used = chunks.fill(buffer);
    if (used === 0) {
      giveBack(buffer);
      break;
    }
    writing.push({ buffer, written: write(ctx, used < buffer.length ? buffer.subarray(0, used) : buffer) });
  }
  res.end();
  for (const { buffer, written } of writing) if (await written) giveBack(buffer);
}

/** The same compressed on its way, as upstream does it: the length is known at the end. */
async function sendCompressed(ctx: Ctx, code: number, contentType: string, chunks: Chunks): Promise<void> {
  const { res, state } = ctx;
  state.responseCode = code;
  const headers = { ...baseHeaders(ctx, contentType), "Content-Encoding": "gzip", Vary: "Accept-Encoding" };
  res.writeHead(code, headers);
  if (ctx.method === "HEAD") return void res.end();
  const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: COMPRESSED_CHUNK_BYTES });
  const close = () => gzip.destroy();
  res.once("close", close);
  const resume = () => gzip.resume();
  res.on("drain", resume);
  gzip.on("data", (bytes: Buffer) => {
    state.responseBytes += bytes.length;
    if (!res.write(bytes)) gzip.pause();
  });
  const ended = finished(gzip).catch(() => undefined); // the client went away
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let used = chunks.fill(buffer); used > 0 && !gzip.destroyed; used = chunks.fill(buffer)) {
    await new Promise<void>((resolve) => {
      gzip.once("close", resolve);
      gzip.write(buffer.subarray(0, used), () => {
        gzip.off("close", resolve);
        resolve();
      });
    });
  }
  gzip.end();
  await ended;
  giveBack(buffer);
  res.off("close", close);
  res.off("drain", resume);
  res.end();
}

/** All of it at once. */
export function wholeOf(chunks: Chunks): Buffer {
  const whole = Buffer.allocUnsafe(chunks.length);
  for (let used = 0; used < whole.length; ) used += chunks.fill(whole.subarray(used));
  return whole;
}

function giveBack(buffer: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(buffer);
}

/** @returns whether the socket took it; never, when the client goes away, is an answer too: false */
function write({ res }: Ctx, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = () => resolve(false);
    res.once("close", onClose);
    res.write(bytes, (error) => {
      res.off("close", onClose);
      resolve(!error);
    });
  });
}

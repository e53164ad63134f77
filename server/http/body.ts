import type { ServerHttp2Stream } from "node:http2";
import { badRequest, requestEntityTooLarge, StatusError } from "../meta/errors.ts";
import type { Ctx } from "./respond.ts";

/** The largest request body, in bytes. (apiserver/pkg/server/config.go MaxRequestBodyBytes) */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** @throws StatusError 413 */
export async function readBody(ctx: Ctx): Promise<Buffer> {
  const bytes = await bodyOf(ctx);
  ctx.state.requestBytes = bytes.length;
  const { audit } = ctx.state;
  if (audit?.trail.wantsRequestObject) {
    audit.requestBody = { contentType: ctx.req.headers["content-type"] ?? "", bytes };
  }
  return bytes;
}

function bodyOf(ctx: Ctx): Promise<Buffer> {
  // Of HTTP/2 the stream itself: Node's request is a second stream around it, which hands on each piece once more.
  const req = (ctx.req as { stream?: ServerHttp2Stream }).stream ?? ctx.req;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        stop();
        // The rest is read and dropped, so that the client gets to see the answer.
        req.resume();
        reject(requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`));
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = () => {
      stop();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    };
    const onError = (error: Error) => {
      stop();
      reject(badRequest(error.message));
    };
    const onClose = () => {
      stop();
      reject(new StatusError(499, "", "the client went away"));
    };
    const stop = () => {
      req.off("data", onData);
      req.off("end", onEnd);
      req.off("error", onError);
      req.off("close", onClose);
    };
    req.on("data", onData);
    req.on("end", onEnd);
    req.on("error", onError);
    req.on("close", onClose);
  });
}

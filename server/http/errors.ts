import { encodeAny } from "../../openapi/encode.ts";
import { encodeProtobuf } from "../../openapi/protobuf/codec.ts";
import { schemaOf } from "../../openapi/types.ts";
import { toYaml } from "../../openapi/yaml.ts";
import { genericServerResponse, type Status, StatusError } from "../meta/errors.ts";
import { indentJson } from "./indent-json.ts";
import { type MediaType, negotiatePlain } from "./negotiate.ts";
import { type Ctx, canRespond, type Headers, send, sendObject, sendText } from "./respond.ts";

const STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const PANIC_TEXT = "This request caused apiserver to panic. Look in the logs for details.";

/** A Status as the wire has it: empty fields left out, in Go's order. */
export function statusOf(error: StatusError): Status {
  const { kind, apiVersion, metadata, status, message, reason, details, code } = error.toStatus();
  return {
    kind,
    apiVersion,
    metadata,
    status,
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && {
      details: {
        ...(details.name && { name: details.name }),
        ...(details.group && { group: details.group }),
        ...(details.kind && { kind: details.kind }),
        ...(details.uid && { uid: details.uid }),
        ...(details.causes?.length && {
          causes: details.causes.map(({ reason, message, field }) => ({
            ...(reason && { reason }),
            ...(message && { message }),
            ...(field && { field }),
          })),
        }),
        ...(details.retryAfterSeconds && { retryAfterSeconds: details.retryAfterSeconds }),
      },
    }),
    ...(code && { code }),
  };
}

/**
 * Answers any throw: the one place where errors become responses. A StatusError is told to the client in the format it
 * asked for (plain JSON when it asked for none that exists); anything else is a bug and answers as upstream's panic.
 */
export function writeError(ctx: Ctx, error: unknown, extra?: Headers): void | Promise<void> {
  if (!canRespond(ctx)) return;
  if (!(error instanceof StatusError)) return sendText(ctx, 500, PANIC_TEXT);
  return writeStatus(ctx, statusOf(error), extra);
}

/** @param media of a result, whatever other kind was asked for; absent: what an error may be told in */
export function writeStatus(
  ctx: Ctx,
  status: Status,
  extra?: Headers,
  media: MediaType | undefined = negotiatePlain(ctx),
): void | Promise<void> {
  const code = status.code ?? 200;
  if (ctx.state.audit) ctx.state.audit.status = status;
  const delay = status.details?.retryAfterSeconds;
  const headers = delay ? { "Retry-After": delay, ...extra } : extra;
  if (!media) return send(ctx, code, "application/json", indentJson(encodeAny(status)), headers);
  switch (media.format) {
    case "yaml":
      return sendObject(ctx, code, media.contentType, toYaml(status), headers);
    case "protobuf":
      return sendObject(ctx, code, media.contentType, encodeProtobuf(status, schemaOf(STATUS)), headers);
    default: {
      const text = encodeAny(status);
      return sendObject(ctx, code, media.contentType, media.pretty ? indentJson(text) : `${text}\n`, headers);
    }
  }
}

/** A Status worded by its code alone: what go-restful's routes answer. */
export function routeError(code: 404 | 405 | 415): StatusError {
  const serverMessage = code === 415 ? "415: Unsupported Media Type" : "";
  return genericServerResponse(code, { verb: "", resource: { group: "", resource: "" }, name: "", serverMessage });
}

/** Nothing is served at this path: Go's own 404. */
export function notFoundPage(ctx: Ctx): void {
  sendText(ctx, 404, "404 page not found");
}

import { aggregateMessage, type FieldError } from "./field-error.ts";
import { goQuote } from "./go-quote.ts";

/** One cause inside `Status.details`. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** `Status.details`. For most errors `kind` holds the *resource* ("deployments"); in `invalid` it holds the Kind. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** metav1.Status as it is on the wire. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, unknown>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

export interface GroupResource {
  group: string;
  resource: string;
}

export interface GroupKind {
  group: string;
  kind: string;
}

/** Every error that a client is meant to see. Anything else thrown is a bug and answers 500. Rendered in http/errors.ts. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = "StatusError";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The wire form. */
  toStatus(): Status {
    const { code, reason, message, details } = this;
    // Members in the order of the Go struct; an empty reason is left out, as in the few errors that upstream forgot.
    const head: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message };
    return { ...head, ...(reason && { reason }), ...(details && { details }), code };
  }
}

function qualified({ group, resource }: GroupResource): string {
  return group ? `${resource}.${group}` : resource;
}

function delay(retryAfterSeconds: number): Pick<StatusDetails, "retryAfterSeconds"> {
  return retryAfterSeconds ? { retryAfterSeconds } : {};
}

/** Leaves out what Go's omitempty leaves out. */
function about(name: string, { group, resource }: GroupResource, more: Partial<StatusDetails> = {}): StatusDetails {
  return { ...(name && { name }), ...(group && { group }), ...(resource && { kind: resource }), ...more };
}

/** 404. (apimachinery/pkg/api/errors) */
export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError(404, "NotFound", `${qualified(resource)} ${goQuote(name)} not found`, about(name, resource));
}

/** 409 when a created name is taken. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  const text = `${qualified(resource)} ${goQuote(name)} already exists`;
  return new StatusError(409, "AlreadyExists", text, about(name, resource));
}

/** 409 when a generated name is taken too often. */
export function generateNameConflict(resource: GroupResource, name: string, retryAfterSeconds: number): StatusError {
  const text = `${qualified(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return new StatusError(409, "AlreadyExists", text, about(name, resource, delay(retryAfterSeconds)));
}

/** 409 when the object changed in between, or a precondition fails. */
export function conflict(resource: GroupResource, name: string, message: string): StatusError {
  const text = `Operation cannot be fulfilled on ${qualified(resource)} ${goQuote(name)}: ${message}`;
  return new StatusError(409, "Conflict", text, about(name, resource));
}

/** 403. `message` is what comes after `is forbidden: `. */
export function forbidden(resource: GroupResource, name: string, message: string): StatusError {
  const text = !resource.resource
    ? `forbidden: ${message}`
    : name
      ? `${qualified(resource)} ${goQuote(name)} is forbidden: ${message}`
      : `${qualified(resource)} is forbidden: ${message}`;
  return new StatusError(403, "Forbidden", text, about(name, resource));
}

/** 422 with one cause a field error. */
export function invalid({ group, kind }: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((e) => ({ reason: e.type, message: e.body(), field: e.field }));
  const what = `${group ? `${kind}.${group}` : kind} ${goQuote(name)} is invalid`;
  const message = errors.length ? `${what}: ${aggregateMessage(errors)}` : what;
  return new StatusError(
    422,
    "Invalid",
    message,
    about(name, { group, resource: kind }, { ...(causes.length > 0 && { causes }) }),
  );
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError(401, "Unauthorized", message);
}

/** 405 for a verb that the resource does not have. */
export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${goQuote(qualified(resource))}`;
  return new StatusError(405, "MethodNotAllowed", message, about("", resource));
}

/** 410: the revision asked for is no longer held. `message` in upstream's words. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 429 with a delay. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", message, delay(retryAfterSeconds));
}

/** 500. Only where upstream answers 500 too. */
export function internalError(message: string): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** 503. */
export function serviceUnavailable(message: string): StatusError {
  return new StatusError(503, "ServiceUnavailable", message);
}

/** 504: the server gave up waiting. */
export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError(504, "Timeout", `Timeout: ${message}`, delay(retryAfterSeconds));
}

/** 413. */
export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);
}

/** 406: no media type of the Accept header is served. (apiserver/pkg/endpoints/handlers/negotiation) */
export function notAcceptable(accepted: readonly string[], target = ""): StatusError {
  const converting = target && ` when converting to ${target}`;
  const text = `only the following media types are accepted${converting}: ${accepted.join(", ")}`;
  return new StatusError(406, "NotAcceptable", text);
}

/** 415: the Content-Type is not known. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const text = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", text);
}

/**
 * An answer whose body is not known beforehand, worded by its code alone: what upstream says for a 404 of an unknown
 * resource, or for what a backend answered.
 */
export function genericServerResponse(
  code: number,
  {
    verb,
    resource,
    name,
    serverMessage,
  }: { verb: string; resource: GroupResource; name: string; serverMessage: string },
): StatusError {
  const known = GENERIC[code];
  let { reason, message } = known ?? {
    reason: code >= 500 ? "InternalError" : "",
    message:
      code >= 500
        ? `an error on the server (${goQuote(serverMessage)}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more information`,
  };
  if (code === 409 && verb === "POST") reason = "AlreadyExists";
  if (code === 403 || code === 415) message = serverMessage;
  if (code === 406 && serverMessage && serverMessage !== "unknown") message = serverMessage;
  if (resource.group || resource.resource) {
    message += ` (${verb.toLowerCase()} ${qualified(resource)}${name && ` ${name}`})`;
  }
  return new StatusError(code, reason, message, about(name, resource));
}

const GENERIC: Readonly<Record<number, { reason: string; message: string }>> = {
  400: { reason: "BadRequest", message: "the server rejected our request for an unknown reason" },
  401: { reason: "Unauthorized", message: "the server has asked for the client to provide credentials" },
  403: { reason: "Forbidden", message: "" },
  404: { reason: "NotFound", message: "the server could not find the requested resource" },
  405: { reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource" },
  406: {
    reason: "NotAcceptable",
    message: "the server was unable to respond with a content type that the client supports",
  },
  409: { reason: "Conflict", message: "the server reported a conflict" },
  415: { reason: "UnsupportedMediaType", message: "" },
  422: { reason: "Invalid", message: "the server rejected our request due to an error in our request" },
  429: {
    reason: "TooManyRequests",
    message: "the server has received too many requests and has asked us to try again later",
  },
  503: { reason: "ServiceUnavailable", message: "the server is currently unable to handle the request" },
  504: {
    reason: "Timeout",
    message: "the server was unable to return a response in the time allotted, but may still be processing the request",
  },
};

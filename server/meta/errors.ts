import type { FieldError } from "./field-error.ts";

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
    return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code };
  }
}

function qualified({ group, resource }: GroupResource): string {
  return group ? `${resource}.${group}` : resource;
}

/** Leaves out what Go's omitempty leaves out. */
function about(name: string, { group, resource }: GroupResource, more: Partial<StatusDetails> = {}): StatusDetails {
  return { ...(name && { name }), ...(group && { group }), ...(resource && { kind: resource }), ...more };
}

/** 404. (apimachinery/pkg/api/errors) */
export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError(404, "NotFound", `${qualified(resource)} "${name}" not found`, about(name, resource));
}

/** 409 when a created name is taken. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    409,
    "AlreadyExists",
    `${qualified(resource)} "${name}" already exists`,
    about(name, resource),
  );
}

/** 409 when the object changed in between, or a precondition fails. */
export function conflict(resource: GroupResource, name: string, message: string): StatusError {
  const text = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${message}`;
  return new StatusError(409, "Conflict", text, about(name, resource));
}

/** 403. `message` is what comes after `is forbidden: `. */
export function forbidden(resource: GroupResource, name: string, message: string): StatusError {
  const text = !resource.resource
    ? `forbidden: ${message}`
    : name
      ? `${qualified(resource)} "${name}" is forbidden: ${message}`
      : `${qualified(resource)} is forbidden: ${message}`;
  return new StatusError(403, "Forbidden", text, about(name, resource));
}

/** 422 with one cause a field error. */
export function invalid({ group, kind }: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((e) => ({ reason: e.type, message: e.body(), field: e.field }));
  // Upstream aggregates: duplicates are dropped from the text, and several are put in brackets.
  const texts = [...new Set(errors.map((e) => e.message()))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const message = `${group ? `${kind}.${group}` : kind} "${name}" is invalid${texts.length ? `: ${list}` : ""}`;
  return new StatusError(422, "Invalid", message, about(name, { group, resource: kind }, { causes }));
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
  const message = `${action} is not supported on resources of kind "${qualified(resource)}"`;
  return new StatusError(405, "MethodNotAllowed", message, about("", resource));
}

/** 410: the revision asked for is no longer held. `message` in upstream's words. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 429 with a delay. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", message, { ...(retryAfterSeconds && { retryAfterSeconds }) });
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
  return new StatusError(504, "Timeout", `Timeout: ${message}`, retryAfterSeconds ? { retryAfterSeconds } : {});
}

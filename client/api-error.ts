/** metav1.Status, as far as clients look at it. */
export interface Status {
  kind?: string;
  status?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

/** The server answered with an error; `message` is the Status' message, word for word. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly status: Status;

  constructor(code: number, status: Status) {
    super(status.message || `the server answered ${code}`);
    this.name = "ApiError";
    this.code = code;
    this.reason = status.reason ?? "";
    this.status = status;
  }
}

const hasReason = (reason: string, error: unknown): boolean => error instanceof ApiError && error.reason === reason;

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.code === 404;
export const isAlreadyExists = (error: unknown): boolean => hasReason("AlreadyExists", error);
export const isConflict = (error: unknown): boolean => hasReason("Conflict", error);
export const isInvalid = (error: unknown): boolean => hasReason("Invalid", error);
export const isGone = (error: unknown): boolean => error instanceof ApiError && error.code === 410;

/** Refused because the namespace is going away: retrying is no use. (apimachinery/pkg/api/errors.HasStatusCause) */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof ApiError && !!error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating")
  );
}

/** The Status in an answer's text. A proxy in between may answer anything: its text is then the message. */
export function statusFrom(text: string): Status {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "kind" in value && value.kind === "Status")
      return value as Status;
  } catch {}
  return { message: text.trim() };
}

/** An answer of 400 and above, as a Status. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object | undefined;

  constructor(code: number, reason: string, message: string, details?: object) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus() {
    const { code, reason, message, details } = this;
    const status = { status: "Failure", message, reason, ...(details && { details }), code };
    return { kind: "Status", apiVersion: "v1", metadata: {}, ...status };
  }
}

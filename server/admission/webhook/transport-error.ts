import { type DialError, dialErrorText } from "../../meta/network-error.ts";
import { IdentityError } from "./server-identity.ts";

const UNKNOWN_AUTHORITY = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
];
const VERIFY = "tls: failed to verify certificate: x509:";

/** Errors of node:https in the words of Go's net/http, which clients see. @param error what a request ended with */
export function transportError(error: unknown, { host, port }: { host: string; port: number }): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError" || error.name === "TimeoutError") return "context deadline exceeded";
  // The cast: errors of node:net, node:dns and node:tls have these.
  const dialed = dialErrorText(error as DialError, host, port);
  if (dialed) return dialed;
  const { code = "" } = error as DialError;
  if (code === "ECONNRESET") return error.message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (UNKNOWN_AUTHORITY.includes(code)) return `${VERIFY} certificate signed by unknown authority`;
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return `${VERIFY} certificate has expired or is not yet valid`;
  }
  if (error instanceof IdentityError) return `${VERIFY} ${error.message}`;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO")
    return "http: server gave HTTP response to HTTPS client";
  return error.message;
}

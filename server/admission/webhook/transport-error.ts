import { IdentityError } from "./server-identity.ts";

/** Errors of node:https in the words of Go's net/http, which clients see. */
const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
  EADDRNOTAVAIL: "cannot assign requested address",
};
const UNKNOWN_AUTHORITY = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
];
const VERIFY = "tls: failed to verify certificate: x509:";

/** @param error what a request ended with */
export function transportError(error: unknown, { host, port }: { host: string; port: number }): string {
  if (!(error instanceof Error)) return String(error);
  // The cast: errors of node:net, node:dns and node:tls have these.
  const {
    code = "",
    address,
    errors,
  } = error as NodeJS.ErrnoException & {
    address?: string;
    errors?: readonly unknown[];
  };
  // Several addresses of one name have been tried.
  if (errors?.length) return transportError(errors.at(-1), { host, port });
  if (error.name === "AbortError" || error.name === "TimeoutError") return "context deadline exceeded";
  const ip = address ?? host;
  if (CONNECT[code]) return `dial tcp ${ip.includes(":") ? `[${ip}]` : ip}:${port}: connect: ${CONNECT[code]}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${host}: no such host`;
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

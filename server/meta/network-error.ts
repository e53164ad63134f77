/** What the kernel says when a connection cannot be made, in the words of Go's net package. */
const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
  EADDRNOTAVAIL: "cannot assign requested address",
};

/** Errors of node:net and node:dns. Several addresses of one name may have been tried. */
export type DialError = NodeJS.ErrnoException & { readonly address?: string; readonly errors?: readonly DialError[] };

export const authorityOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Why a host could not be reached, as Go says it. @returns undefined for an error that has another cause */
export function dialErrorText(error: DialError, host: string, port: number): string | undefined {
  const { code = "", address = host, syscall } = error.errors?.at(-1) ?? error;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${host}: no such host`;
  // A connection that broke later has the same code.
  const words = code === "ECONNRESET" && syscall !== "connect" ? undefined : CONNECT[code];
  return words && `dial tcp ${authorityOf(address, port)}: connect: ${words}`;
}

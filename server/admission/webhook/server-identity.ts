import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** What is wrong with a server's certificate for this host, in Go's words. (crypto/x509 HostnameError) */
export class IdentityError extends Error {}

/**
 * For `checkServerIdentity` of TLS connections. As Go, and unlike Node, a common name is no name of a server.
 * @returns undefined when the certificate is the host's
 */
export function goServerIdentity(host: string, certificate: PeerCertificate): IdentityError | undefined {
  const names = (certificate.subjectaltname ?? "").split(", ").filter(Boolean);
  if (names.length > 0 && !checkServerIdentity(host, certificate)) return undefined;
  const of = (kind: string) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  if (names.length === 0 && !isIP(host) && !checkServerIdentity(host, certificate)) {
    return new IdentityError("certificate relies on legacy Common Name field, use SANs instead");
  }
  const addresses = of("IP Address:");
  if (isIP(host) && addresses.length === 0) {
    return new IdentityError(`cannot validate certificate for ${host} because it doesn't contain any IP SANs`);
  }
  const valid = (isIP(host) ? addresses : of("DNS:")).join(", ");
  return new IdentityError(
    valid
      ? `certificate is valid for ${valid}, not ${host}`
      : `certificate is not valid for any names, but wanted to match ${host}`,
  );
}

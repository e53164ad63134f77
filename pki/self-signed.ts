import { createAuthority, serverCertificate } from "./authority.ts";
import type { KeyPair } from "./certificate.ts";

/**
 * What a server answers TLS with that nobody has given a certificate: one signed by an authority of its own, which is
 * then forgotten. (client-go/util/cert GenerateSelfSignedCertKey)
 *
 * @param names DNS names and IP addresses besides the host's
 */
export function selfSignedCertificate(host: string, names: readonly string[], now: Date): KeyPair {
  const at = Math.floor(now.getTime() / 1000);
  const authority = createAuthority(`${host}-ca@${at}`, now);
  const subject = { commonName: `${host}@${at}`, organizations: [] };
  const { certificate, key } = serverCertificate(authority, subject, [host, ...names], now);
  return { certificate: certificate + authority.certificate, key };
}

import { createHash } from "node:crypto";
import { type Certificate, parseCertificate } from "../../pki/certificate.ts";
import type { Authenticated, Authenticator } from "./authenticator.ts";
import { ClientCertificateVerifier, certificateIdentifier } from "./client-certificate.ts";
import type { AuthenticationObserver } from "./observer.ts";
import { CREDENTIAL_ID } from "./well-known.ts";

/** Client certificates: CN is the user, each O a group. (apiserver/pkg/authentication/request/x509) */
export function x509Authenticator(
  authorities: readonly Certificate[],
  now: () => Date,
  onShown: AuthenticationObserver["clientCertificate"] = () => undefined,
): Authenticator {
  const verifier = new ClientCertificateVerifier(authorities);
  const users = new WeakMap<Certificate, Authenticated | undefined>();
  return {
    name: "x509",
    authenticate({ clientCertificate, intermediates = [] }) {
      if (!clientCertificate) return undefined;
      const at = now();
      const show = ({ notAfter }: Certificate) => onShown((notAfter.getTime() - at.getTime()) / 1000);
      const certificate = verified(verifier, clientCertificate, intermediates, at, show);
      if (!users.has(certificate)) users.set(certificate, userOf(certificate));
      return users.get(certificate);
    },
  };
}

function verified(
  verifier: ClientCertificateVerifier,
  der: Uint8Array,
  intermediates: readonly Uint8Array[],
  now: Date,
  show: (certificate: Certificate) => void,
): Certificate {
  try {
    const certificate = verifier.verify(der, intermediates, now);
    show(certificate);
    return certificate;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const certificate = parseCertificate(der);
    show(certificate);
    throw new Error(`verifying certificate ${certificateIdentifier(certificate)} failed: ${message}`);
  }
}

function userOf(certificate: Certificate): Authenticated | undefined {
  const { commonName, organizations, uids } = certificate.subject;
  if (!commonName) return undefined;
  if (uids.length > 1) throw new Error(`expected 1 UID, but found multiple: [${uids.join(" ")}]`);
  if (uids[0] === "") throw new Error("UID cannot be an empty string");
  const fingerprint = createHash("sha256").update(certificate.der).digest("hex");
  return {
    user: {
      name: commonName,
      ...(uids[0] && { uid: uids[0] }),
      groups: organizations,
      extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] },
    },
  };
}

import { createPrivateKey, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import {
  type Certificate,
  certificateFromPem,
  certificateToPem,
  generateKey,
  issueCertificate,
  type KeyPair,
  parseCertificate,
  privateKeyToPem,
} from "./certificate.ts";
import { type CertificateRequest, checkRequestSignature } from "./certificate-request.ts";
import type { DistinguishedName } from "./distinguished-name.ts";
import { noAlternativeNames } from "./extensions.ts";

/** A certificate authority that can sign. Made by `createAuthority` or `loadAuthority`. */
export interface CertificateAuthority extends KeyPair {
  readonly parsed: Certificate;
  readonly privateKey: KeyObject;
}

const DAY = 24 * 60 * 60 * 1000;
/** kubeadm's lifetimes. */
export const AUTHORITY_DAYS = 3650;
export const CERTIFICATE_DAYS = 365;
/** Clocks of clients may be a little behind. */
const BACKDATE_MS = 5 * 60 * 1000;

/** A new self-signed CA. */
export function createAuthority(commonName: string, now: Date): CertificateAuthority {
  const { privateKey, publicKey } = generateKey();
  const der = issueCertificate(
    {
      subject: { commonName, organizations: [] },
      publicKey,
      usages: ["digital signature", "key encipherment", "cert sign"],
      isCa: true,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(now.getTime() + AUTHORITY_DAYS * DAY),
    },
    { certificate: undefined, key: privateKey },
  );
  const certificate = certificateToPem(der);
  return { certificate, key: privateKeyToPem(privateKey), parsed: parseCertificate(der), privateKey };
}

/** @throws Error when either text is not what it should be */
export function loadAuthority({ certificate, key }: KeyPair): CertificateAuthority {
  return { certificate, key, parsed: certificateFromPem(certificate), privateKey: createPrivateKey(key) };
}

/** A certificate for TLS clients: CN is the user's name, organisations are groups. Valid for a year. */
export function clientCertificate(ca: CertificateAuthority, subject: DistinguishedName, now: Date): KeyPair {
  return leaf(ca, subject, ["digital signature", "key encipherment", "client auth"], [], now);
}

/** A certificate for a TLS server. @param names DNS names and IP addresses, mixed. */
export function serverCertificate(
  ca: CertificateAuthority,
  subject: DistinguishedName,
  names: readonly string[],
  now: Date,
): KeyPair {
  return leaf(ca, subject, ["digital signature", "key encipherment", "server auth"], names, now);
}

function leaf(
  ca: CertificateAuthority,
  subject: DistinguishedName,
  usages: readonly string[],
  names: readonly string[],
  now: Date,
): KeyPair {
  const { privateKey, publicKey } = generateKey();
  const unique = [...new Set(names)];
  const der = issueCertificate(
    {
      subject,
      publicKey,
      usages,
      names: {
        ...noAlternativeNames,
        dnsNames: unique.filter((name) => !isIP(name)),
        ipAddresses: unique.filter((name) => isIP(name)),
      },
      isCa: false,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: earliest(new Date(now.getTime() + CERTIFICATE_DAYS * DAY), ca.parsed.notAfter),
    },
    { certificate: ca.parsed, key: ca.privateKey },
  );
  return { certificate: certificateToPem(der), key: privateKeyToPem(privateKey) };
}

const earliest = (a: Date, b: Date): Date => (a < b ? a : b);

/** How long and for what a request is signed. (pkg/controller/certificates/authority PermissiveSigningPolicy) */
export interface SigningPolicy {
  readonly durationSeconds: number;
  /** certificates.k8s.io usages. */
  readonly usages: readonly string[];
}

/** Below this lifetime the end is not moved with the start. */
const SHORT_SECONDS = 8 * 60 * 60;

/** Signs a request; PEM. All its names are taken over, of its other extensions none. @throws Error */
export function signCertificateRequest(
  ca: CertificateAuthority,
  request: CertificateRequest,
  { durationSeconds, usages }: SigningPolicy,
  now: Date,
): string {
  try {
    checkRequestSignature(request);
  } catch (error) {
    throw new Error(
      `unable to verify certificate request signature: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (now >= ca.parsed.notAfter) {
    throw new Error(
      `refusing to sign a certificate that expired in the past: NotAfter=${ca.parsed.notAfter.toISOString()}`,
    );
  }
  const backdated = durationSeconds < SHORT_SECONDS ? 0 : BACKDATE_MS;
  const der = issueCertificate(
    {
      subject: request.signableSubject,
      publicKey: request.publicKey,
      usages,
      names: request.names,
      isCa: false,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: earliest(new Date(now.getTime() + durationSeconds * 1000 - backdated), ca.parsed.notAfter),
    },
    { certificate: ca.parsed, key: ca.privateKey },
  );
  return certificateToPem(der);
}

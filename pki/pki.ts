import { createPrivateKey, createPublicKey } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateAuthority,
  clientCertificate,
  createAuthority,
  loadAuthority,
  serverCertificate,
} from "./authority.ts";
import { type Certificate, certificateFromPem, type KeyPair } from "./certificate.ts";
import { generateTokenKey, type TokenKey, tokenKeyFromPem } from "./service-account-key.ts";

/** Everything secret that a control plane starts with. */
export interface Pki {
  readonly ca: CertificateAuthority;
  readonly frontProxyCa: CertificateAuthority;
  /** What the API server answers TLS with. */
  readonly apiserver: KeyPair;
  /** How the API server shows itself to node agents. */
  readonly apiserverKubeletClient: KeyPair;
  /** How the aggregator shows itself to extension API servers. */
  readonly frontProxyClient: KeyPair;
  /** system:masters. */
  readonly admin: KeyPair;
  /** Signs service-account tokens. Resolves at once when the key was there, else when it is made. */
  readonly serviceAccountKey: Promise<TokenKey>;
}

export interface PkiOptions {
  /** Names and addresses of the API server besides the usual ones. */
  readonly serverNames: readonly string[];
  readonly now: Date;
}

/** Where texts are kept. */
interface Cabinet {
  read(file: string): string | undefined;
  write(file: string, text: string, mode: number): void;
}

/** Names by which Pods and people reach the API server. 10.96.0.1 is the first address of the service range. */
export const SERVER_NAMES: readonly string[] = [
  "localhost",
  "127.0.0.1",
  "::1",
  "10.96.0.1",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/**
 * The PKI kept in `directory` (kubeadm's file names), made where something is missing, about to expire, or, for the
 * server certificate, lacking a name. Private keys are readable by the owner only.
 */
export function ensurePki(directory: string, options: PkiOptions): Pki {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return assemble(
    {
      read: (file) => (existsSync(join(directory, file)) ? readFileSync(join(directory, file), "utf8") : undefined),
      write: (file, text, mode) => replaceFile(join(directory, file), text, mode),
    },
    options,
  );
}

/** The same, kept nowhere. */
export function createPki(options: PkiOptions): Pki {
  return assemble({ read: () => undefined, write: () => {} }, options);
}

/** A crash in between leaves the old file or the new one, never half of it. */
function replaceFile(path: string, text: string, mode: number): void {
  const next = `${path}.tmp`;
  writeFileSync(next, text, { mode });
  chmodSync(next, mode);
  renameSync(next, path);
}

function assemble(cabinet: Cabinet, { serverNames, now }: PkiOptions): Pki {
  const authority = (file: string, commonName: string): CertificateAuthority => {
    const kept = readPair(cabinet, file);
    // A CA is never replaced behind the user's back: everything signed by it would be void.
    return kept ? loadAuthority(kept) : keep(cabinet, file, createAuthority(commonName, now));
  };
  const ca = authority("ca", "kubernetes-ca");
  const frontProxyCa = authority("front-proxy-ca", "front-proxy-ca");
  const leaf = (
    file: string,
    issuer: CertificateAuthority,
    make: () => KeyPair,
    names: readonly string[] = [],
  ): KeyPair => {
    const kept = readPair(cabinet, file);
    return kept && isGood(certificateFromPem(kept.certificate), issuer, names, now)
      ? kept
      : keep(cabinet, file, make());
  };
  const client = (file: string, issuer: CertificateAuthority, commonName: string, organizations: readonly string[]) =>
    leaf(file, issuer, () => clientCertificate(issuer, { commonName, organizations }, now));
  const names = [...SERVER_NAMES, ...serverNames];
  const tokenKey = serviceAccountKey(cabinet);
  // Who asks for a token sees the failure; in a server that stops early nobody does, and that is fine.
  tokenKey.catch(() => {});
  return {
    ca,
    frontProxyCa,
    apiserver: leaf(
      "apiserver",
      ca,
      () => serverCertificate(ca, { commonName: "kube-apiserver", organizations: [] }, names, now),
      names,
    ),
    apiserverKubeletClient: client("apiserver-kubelet-client", ca, "kube-apiserver-kubelet-client", ["system:masters"]),
    frontProxyClient: client("front-proxy-client", frontProxyCa, "front-proxy-client", []),
    admin: client("admin", ca, "kubernetes-admin", ["system:masters"]),
    serviceAccountKey: tokenKey,
  };
}

function readPair(cabinet: Cabinet, file: string): KeyPair | undefined {
  const certificate = cabinet.read(`${file}.crt`);
  const key = cabinet.read(`${file}.key`);
  return certificate && key ? { certificate, key } : undefined;
}

function keep<P extends KeyPair>(cabinet: Cabinet, file: string, pair: P): P {
  cabinet.write(`${file}.key`, pair.key, 0o600);
  cabinet.write(`${file}.crt`, pair.certificate, 0o644);
  return pair;
}

const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

function isGood(certificate: Certificate, issuer: CertificateAuthority, names: readonly string[], now: Date): boolean {
  const { dnsNames, ipAddresses } = certificate.extensions.names;
  const has = new Set([...dnsNames, ...ipAddresses]);
  const sameIssuer = Buffer.compare(
    certificate.extensions.authorityKeyId ?? new Uint8Array(),
    issuer.parsed.extensions.subjectKeyId ?? new Uint8Array(),
  );
  const expires = certificate.notAfter.getTime() - RENEW_BEFORE_MS;
  return sameIssuer === 0 && expires > now.getTime() && names.every((name) => has.has(name));
}

async function serviceAccountKey(cabinet: Cabinet): Promise<TokenKey> {
  const kept = cabinet.read("sa.key");
  const text = kept ?? (await generateTokenKey());
  if (!kept) {
    cabinet.write("sa.key", text, 0o600);
    const publicKey = createPublicKey(createPrivateKey(text)).export({ format: "pem", type: "spki" });
    cabinet.write("sa.pub", publicKey as string, 0o644);
  }
  return tokenKeyFromPem(text);
}

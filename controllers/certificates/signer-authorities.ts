import { readFileSync } from "node:fs";
import { type CertificateAuthority, loadAuthority } from "../../pki/authority.ts";
import { certificatesFromPem } from "../../pki/certificate.ts";

/** Signers that are built in. (staging/src/k8s.io/api/certificates/v1) */
export const SIGNERS = [
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
  "kubernetes.io/kube-apiserver-client",
  "kubernetes.io/legacy-unknown",
] as const;
export type SignerName = (typeof SIGNERS)[number];

/** Where a certificate authority is kept, in PEM. */
export interface AuthorityFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** One authority for all signers, or one for each of some: the others then sign nothing. */
export interface SigningFiles {
  readonly all?: AuthorityFiles;
  readonly bySigner: Readonly<Partial<Record<SignerName, AuthorityFiles>>>;
}

/**
 * Reads the authorities, and again when their files change. @returns undefined when no files are named
 * @throws Error for files that cannot be read, and for two ways at once. (cmd/kube-controller-manager/app/certificates.go)
 */
export function signerAuthorities(
  files: SigningFiles,
): ((signer: SignerName) => CertificateAuthority | undefined) | undefined {
  const own = Object.keys(files.bySigner).length > 0;
  if (files.all && own) throw new Error("cannot specify default and per controller certs at the same time");
  if (!files.all && !own) return undefined;
  const readers = new Map<SignerName, () => CertificateAuthority>();
  for (const signer of SIGNERS) {
    const pair = files.all ?? files.bySigner[signer];
    if (pair) readers.set(signer, reader(pair));
  }
  return (signer) => readers.get(signer)?.();
}

function reader({ certFile, keyFile }: AuthorityFiles): () => CertificateAuthority {
  let known: CertificateAuthority | undefined;
  const read = () => {
    const certificate = readFileSync(certFile, "utf8");
    const key = readFileSync(keyFile, "utf8");
    if (known?.certificate === certificate && known.key === key) return known;
    const count = certificatesFromPem(certificate).length;
    if (count !== 1)
      throw new Error(`error reading CA cert file "${certFile}": expected 1 certificate, found ${count}`);
    known = loadAuthority({ certificate, key });
    return known;
  };
  read();
  return read;
}

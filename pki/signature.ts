import { constants, createPublicKey, verify } from "node:crypto";
import type { Certificate, SignedData } from "./certificate.ts";
import { children, type Node, parse, readObjectIdentifier } from "./der.ts";

const DIGESTS: Readonly<Record<string, string | null>> = {
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.3.101.112": null,
};

const RSA_PSS = "1.2.840.113549.1.1.10";
const HASH_NAMES: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/**
 * Checks a signature against a SubjectPublicKeyInfo. SHA-1 and older are not accepted, as in Go.
 * @throws Error, worded as Go's crypto/x509
 */
export function checkSignature({ content, algorithm, signature }: SignedData, publicKey: Uint8Array): void {
  const [id, parameters] = children(parse(algorithm));
  const oid = readObjectIdentifier(id!);
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  if (oid === RSA_PSS) {
    const digest = pssDigest(parameters);
    const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    if (!verify(digest, content, padded, signature)) throw new Error("crypto/rsa: verification error");
    return;
  }
  const digest = DIGESTS[oid];
  if (digest === undefined) {
    throw new Error("x509: cannot verify signature: algorithm unimplemented");
  }
  const family = oid.startsWith("1.2.840.10045") ? "ec" : oid.startsWith("1.2.840.113549") ? "rsa" : "ed25519";
  if (key.asymmetricKeyType !== family) {
    throw new Error("x509: signature algorithm specifies another key type than the public key has");
  }
  if (!verify(digest, content, key, signature)) {
    throw new Error(
      family === "rsa"
        ? "crypto/rsa: verification error"
        : `x509: ${family === "ec" ? "ECDSA" : "Ed25519"} verification failure`,
    );
  }
}

/** The hash named in RSASSA-PSS-params; its default, SHA-1, is refused. */
function pssDigest(parameters: Node | undefined): string {
  const hash = parameters && children(parameters).find((part) => part.tag === 0xa0);
  const id = hash && children(children(hash)[0]!)[0];
  const digest = id && HASH_NAMES[readObjectIdentifier(id)];
  if (!digest) throw new Error("x509: cannot verify signature: algorithm unimplemented");
  return digest;
}

/**
 * Whether `issuer` may be a CA whose name and key made this certificate. Old authorities do not say that they are some;
 * whoever is trusted anyway needs not. (crypto/x509 CheckSignatureFrom)
 */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const mayIssue = issuer.version < 3 || issuer.extensions.isCa;
  if (!mayIssue || Buffer.compare(certificate.rawIssuer, issuer.rawSubject) !== 0) return false;
  try {
    checkSignature(certificate.signed, issuer.publicKey);
    return true;
  } catch {
    return false;
  }
}

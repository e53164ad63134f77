import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** What is wrong with a certificate and its key, in the words of crypto/tls X509KeyPair; empty when they match. */
export function tlsKeyPairProblem(certificateBase64: string, keyBase64: string): string {
  const certificatePem = Buffer.from(certificateBase64, "base64").toString("latin1");
  const keyPem = Buffer.from(keyBase64, "base64").toString("latin1");
  const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(certificatePem)?.[0];
  if (!block) return noBlock("certificate", certificatePem);
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]*-----END/.test(keyPem)) return noBlock("key", keyPem);
  const certificate = attempt(() => new X509Certificate(block));
  if (!certificate) return "x509: malformed certificate";
  const key = attempt(() => createPrivateKey(keyPem));
  if (!key) return "tls: failed to parse private key";
  return certificate.checkPrivateKey(key) ? "" : mismatch(certificate.publicKey, key);
}

function noBlock(what: "certificate" | "key", pem: string): string {
  return pem.includes("-----BEGIN")
    ? `tls: failed to find ${what === "key" ? 'PEM block with type ending in "PRIVATE KEY"' : '"CERTIFICATE" PEM block'} in ${what} input after skipping PEM blocks of the following types: ${JSON.stringify(
        /-----BEGIN ([^-]*)-----/.exec(pem)?.[1] ?? "",
      )
        .replace(/^/, "[")
        .replace(/$/, "]")}`
    : `tls: failed to find any PEM data in ${what} input`;
}

function mismatch({ asymmetricKeyType: a }: KeyObject, { asymmetricKeyType: b }: KeyObject): string {
  return a === b
    ? "tls: private key does not match public key"
    : "tls: private key type does not match public key type";
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

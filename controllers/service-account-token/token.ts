import { constants, sign } from "node:crypto";
import type { TokenKey } from "../../pki/service-account-key.ts";

const DIGEST: Readonly<Record<TokenKey["algorithm"], string>> = {
  RS256: "sha256",
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
};

export interface SecretTokenSubject {
  readonly namespace: string;
  readonly secretName: string;
  readonly account: { readonly name: string; readonly uid: string };
}

/** A token without expiry for a Secret. (pkg/serviceaccount/legacy.go LegacyClaims) @throws Error when the key cannot sign */
export function secretToken({ namespace, secretName, account }: SecretTokenSubject, key: TokenKey): string {
  const { privateKey, algorithm, keyId } = key;
  if (!privateKey) throw new Error("this key cannot sign");
  const claims = {
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": namespace,
    "kubernetes.io/serviceaccount/secret.name": secretName,
    "kubernetes.io/serviceaccount/service-account.name": account.name,
    "kubernetes.io/serviceaccount/service-account.uid": account.uid,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
  const text = `${encode({ alg: algorithm, kid: keyId })}.${encode(claims)}`;
  const signature = sign(
    DIGEST[algorithm],
    Buffer.from(text, "latin1"),
    algorithm === "RS256"
      ? { key: privateKey, padding: constants.RSA_PKCS1_PADDING }
      : { key: privateKey, dsaEncoding: "ieee-p1363" },
  );
  return `${text}.${signature.toString("base64url")}`;
}

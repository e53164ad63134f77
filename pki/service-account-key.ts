import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { publicKeyOf } from "./certificate.ts";

/** A key that signs or verifies service-account tokens. */
export interface TokenKey {
  /** base64url of the SHA-256 of the public key: `kid` in tokens and key sets. (pkg/serviceaccount/jwt.go keyIDFromPublicKey) */
  readonly keyId: string;
  readonly algorithm: "RS256" | "ES256" | "ES384" | "ES512";
  readonly publicKey: KeyObject;
  /** Absent on keys that only verify. */
  readonly privateKey?: KeyObject;
}

const CURVE_ALGORITHM: Readonly<Record<string, TokenKey["algorithm"]>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** @throws Error for keys that upstream does not sign tokens with either */
export function tokenKey(key: KeyObject): TokenKey {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  const algorithm = key.asymmetricKeyType === "rsa" ? "RS256" : CURVE_ALGORITHM[curve];
  if (!algorithm) throw new Error("unknown private key type, must be *rsa.PrivateKey or *ecdsa.PrivateKey");
  const keyId = createHash("sha256").update(publicKeyOf(publicKey)).digest("base64url");
  return { keyId, algorithm, publicKey, ...(key.type === "private" && { privateKey: key }) };
}

/** Private or public key in PEM, as in `--service-account-signing-key-file` and `--service-account-key-file`. @throws Error */
export const tokenKeyFromPem = (text: string): TokenKey =>
  tokenKey(text.includes("PRIVATE KEY") ? createPrivateKey(text) : createPublicKey(text));

/**
 * A new RSA 2048 key in PEM. It takes some 100 ms, on a thread of libuv's pool: nothing but the first token of a new
 * cluster waits for it. RSA because that is what upstream's tools make and what verifiers of RS256 expect.
 */
export async function generateTokenKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
}

import { constants, type KeyObject, sign, verify } from "node:crypto";
import type { TokenKey } from "../../../pki/service-account-key.ts";
import type { UncheckedClaims } from "./claims.ts";

const DIGEST: Readonly<Record<TokenKey["algorithm"], string>> = {
  RS256: "sha256",
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
};

/** A JSON Web Signature in compact form, taken apart. */
export interface ParsedToken {
  readonly keyId: string;
  readonly algorithm: string;
  readonly claims: UncheckedClaims;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Undefined for anything that is not `header.claims.signature`. */
export function parseToken(token: string): ParsedToken | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const header = jsonObject(parts[0]!);
  const claims = jsonObject(parts[1]!);
  if (!header || !claims) return undefined;
  return {
    keyId: typeof header.kid === "string" ? header.kid : "",
    algorithm: typeof header.alg === "string" ? header.alg : "",
    claims,
    signed: Buffer.from(token.slice(0, token.lastIndexOf(".")), "latin1"),
    signature: Buffer.from(parts[2]!, "base64url"),
  };
}

function jsonObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));
    // Narrowed to an object just here.
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The key decides the algorithm, never the token. */
export function hasSignatureOf(token: ParsedToken, key: TokenKey): boolean {
  if (token.algorithm !== key.algorithm) return false;
  return verify(DIGEST[key.algorithm], token.signed, keyOptions(key.algorithm, key.publicKey), token.signature);
}

/** Signs on a thread of libuv's pool: RSA takes about half a millisecond. */
export async function signToken(claims: object, key: TokenKey): Promise<string> {
  if (!key.privateKey) throw new Error("this key cannot sign");
  const encode = (value: object) => Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
  const text = `${encode({ alg: key.algorithm, kid: key.keyId })}.${encode(claims)}`;
  const options = keyOptions(key.algorithm, key.privateKey);
  const signature = await new Promise<Buffer>((resolve, reject) =>
    sign(DIGEST[key.algorithm], Buffer.from(text, "latin1"), options, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    ),
  );
  return `${text}.${signature.toString("base64url")}`;
}

const keyOptions = (algorithm: TokenKey["algorithm"], key: KeyObject) =>
  algorithm === "RS256" ? { key, padding: constants.RSA_PKCS1_PADDING } : { key, dsaEncoding: "ieee-p1363" as const };

import type { TokenKey } from "../pki/service-account-key.ts";
import type { TokenClaims } from "./claims.ts";
import { signToken } from "./jwt.ts";

/** Signs tokens as the cluster. (pkg/serviceaccount JWTTokenGenerator) */
export interface TokenIssuer {
  /** `--service-account-issuer`, the first one. */
  readonly issuer: string;
  /** `--service-account-max-token-expiration` in seconds; 0 = no limit. */
  readonly maxExpirationSeconds: number;
  /** `--service-account-extend-token-expiration`: Pods' default tokens live a year and warn after their hour. */
  readonly extendExpiration: boolean;
  /** @returns the token, and its id (`jti`), which names the credential in audit logs. */
  sign(claims: Omit<TokenClaims, "iss" | "jti">): Promise<{ token: string; id: string }>;
  /** A token without expiry, for a Secret of type kubernetes.io/service-account-token. */
  signLegacy(claims: LegacyClaims): Promise<string>;
}

/** What a Secret's token says. (pkg/serviceaccount/legacy.go) */
export interface LegacyClaims {
  readonly namespace: string;
  readonly secretName: string;
  readonly serviceAccountName: string;
  readonly serviceAccountUid: string;
}

export const LEGACY_ISSUER = "kubernetes/serviceaccount";

export interface TokenIssuerOptions {
  readonly issuer: string;
  readonly maxExpirationSeconds: number;
  readonly extendExpiration: boolean;
  /** The key may still be in the making when the server starts. */
  readonly key: Promise<TokenKey>;
  readonly newId: () => string;
}

export function tokenIssuer({
  issuer,
  maxExpirationSeconds,
  extendExpiration,
  key,
  newId,
}: TokenIssuerOptions): TokenIssuer {
  return {
    issuer,
    maxExpirationSeconds,
    extendExpiration,
    async sign(claims) {
      const { aud, exp, iat, ...rest } = claims;
      const id = newId();
      const token = await signToken({ aud, exp, iat, iss: issuer, jti: id, ...rest } satisfies TokenClaims, await key);
      return { token, id };
    },
    async signLegacy({ namespace, secretName, serviceAccountName, serviceAccountUid }) {
      const claims = {
        iss: LEGACY_ISSUER,
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secretName,
        "kubernetes.io/serviceaccount/service-account.name": serviceAccountName,
        "kubernetes.io/serviceaccount/service-account.uid": serviceAccountUid,
        sub: `system:serviceaccount:${namespace}:${serviceAccountName}`,
      };
      return signToken(claims, await key);
    },
  };
}

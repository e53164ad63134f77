import type { TokenKey } from "../../../pki/service-account-key.ts";
import { serviceAccountUserName } from "../well-known.ts";
import { type ClaimedObject, credentialId, type TokenClaims } from "./claims.ts";
import { signToken } from "./jwt.ts";

/** Signs tokens as the cluster. (pkg/serviceaccount JWTTokenGenerator) */
export interface TokenIssuer {
  /** `--service-account-issuer`, the first one. */
  readonly issuer: string;
  /** `--service-account-max-token-expiration` in seconds; 0 = no limit. */
  readonly maxExpirationSeconds: number;
  /** `--service-account-extend-token-expiration`: Pods' default tokens live a year and warn after their hour. */
  readonly extendExpiration: boolean;
  sign(request: BoundTokenRequest): Promise<{
    token: string;
    /** Names the token in audit logs, without giving it away. */
    credentialId: string;
  }>;
  /** A token without expiry, for a Secret of type kubernetes.io/service-account-token. */
  signLegacy(claims: LegacyClaims): Promise<string>;
}

/** What a bound token shall say. */
export interface BoundTokenRequest {
  readonly serviceAccount: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly now: Date;
  readonly expirationSeconds: number;
  /** Used for longer than this, the token is reported as stale. */
  readonly warnAfterSeconds?: number;
  readonly boundTo: Partial<Record<"pod" | "node" | "secret", ClaimedObject>>;
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
    async sign({ serviceAccount, audiences, now, expirationSeconds, warnAfterSeconds, boundTo }) {
      const { namespace, name, uid } = serviceAccount;
      const issued = Math.floor(now.getTime() / 1000);
      const jti = newId();
      const claims: TokenClaims = {
        aud: audiences,
        exp: issued + expirationSeconds,
        iat: issued,
        iss: issuer,
        jti,
        "kubernetes.io": {
          namespace,
          ...(boundTo.node && { node: boundTo.node }),
          ...(boundTo.pod && { pod: boundTo.pod }),
          ...(boundTo.secret && { secret: boundTo.secret }),
          serviceaccount: { name, uid },
          ...(warnAfterSeconds !== undefined && { warnafter: issued + warnAfterSeconds }),
        },
        nbf: issued,
        sub: serviceAccountUserName(namespace, name),
      };
      return { token: await signToken(claims, await key), credentialId: credentialId(jti) };
    },
    async signLegacy({ namespace, secretName, serviceAccountName, serviceAccountUid }) {
      const claims = {
        iss: LEGACY_ISSUER,
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secretName,
        "kubernetes.io/serviceaccount/service-account.name": serviceAccountName,
        "kubernetes.io/serviceaccount/service-account.uid": serviceAccountUid,
        sub: serviceAccountUserName(namespace, serviceAccountName),
      };
      return signToken(claims, await key);
    },
  };
}

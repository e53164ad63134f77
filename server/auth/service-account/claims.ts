/** A named thing with its uid, in `kubernetes.io` claims. */
export interface ClaimedObject {
  readonly name: string;
  readonly uid?: string;
}

/** What a service-account token says. Times are seconds since 1970. (pkg/serviceaccount/claims.go) */
export interface TokenClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly "kubernetes.io": {
    readonly namespace: string;
    readonly node?: ClaimedObject;
    readonly pod?: ClaimedObject;
    readonly secret?: ClaimedObject;
    readonly serviceaccount: ClaimedObject;
    readonly warnafter?: number;
  };
  readonly nbf: number;
  readonly sub: string;
}

/** Claims that a token may bring, none of them checked. */
export type UncheckedClaims = Readonly<Record<string, unknown>>;

export const credentialId = (jti: string): string => `JTI=${jti}`;

import type { TokenKey } from "../../../pki/service-account-key.ts";
import type { ObjectReader } from "../../admission/plugin.ts";
import { AggregatedError } from "../aggregate-error.ts";
import type { Authenticated, TokenAuthenticator } from "../authenticator.ts";
import type { ServiceAccountTokenUse } from "../observer.ts";
import { quoteList } from "../rbac/policy-rule.ts";
import { checkBoundClaims } from "./bound-claims.ts";
import type { UncheckedClaims } from "./claims.ts";
import { hasSignatureOf, type ParsedToken, parseToken } from "./jwt.ts";
import { checkLegacyClaims } from "./legacy-claims.ts";
import { LEGACY_ISSUER } from "./token-issuer.ts";

export interface ServiceAccountTokenOptions {
  /** Issuers of bound tokens that are accepted. */
  readonly issuers: readonly string[];
  /** All keys that signatures may be of. Awaited on first use. */
  readonly keys: Promise<readonly TokenKey[]>;
  readonly apiAudiences: readonly string[];
  readonly reader: ObjectReader;
  readonly now: () => Date;
  /** Told of each use of a Secret's token, so that its last-used label can be kept. */
  readonly onLegacyUse: (namespace: string, secretName: string) => void;
  /** Told what kind of token was used. */
  readonly onUse: (use: ServiceAccountTokenUse) => void;
}

/** How many tokens are remembered as properly signed. */
const REMEMBERED = 4096;

/**
 * Service accounts, by bound tokens and by those of Secrets. A signature is checked once for each token; whether its
 * objects still exist, each time that it is asked for: behind the cache of tokens, so a token dies with its Pod within
 * ten seconds. (pkg/serviceaccount JWTTokenAuthenticator)
 */
export function serviceAccountTokenAuthenticators(options: ServiceAccountTokenOptions): TokenAuthenticator[] {
  const { reader, now, onLegacyUse, onUse } = options;
  const legacy = jwtAuthenticator("legacy-service-account", [LEGACY_ISSUER], options, (claims, token) =>
    checkLegacyClaims(claims, token, reader, { onLegacyUse, onUse }),
  );
  const bound = jwtAuthenticator("service-account", options.issuers, options, (claims) =>
    checkBoundClaims(claims, reader, { now: now(), onUse }),
  );
  return [legacy, bound];
}

function jwtAuthenticator(
  name: string,
  issuers: readonly string[],
  { keys, apiAudiences, onUse }: ServiceAccountTokenOptions,
  check: (claims: UncheckedClaims, token: string) => Authenticated,
): TokenAuthenticator {
  const signed = new Map<string, UncheckedClaims>();
  return {
    name,
    async authenticateToken(token, audiences) {
      let claims = signed.get(token);
      if (!claims) {
        const parsed = parseToken(token);
        // Not ours: another authenticator may know it.
        if (!parsed || !issuers.includes(String(parsed.claims.iss))) return undefined;
        checkSignature(parsed, await keys);
        claims = parsed.claims;
        if (signed.size >= REMEMBERED) signed.delete(signed.keys().next().value!);
        signed.set(token, claims);
      }
      if (audiencesOf(claims.aud).length === 0) onUse("legacy");
      const common = commonAudiences(claims.aud, audiences.length ? audiences : apiAudiences, apiAudiences);
      return { ...check(claims, token), audiences: common };
    },
  };
}

function checkSignature(token: ParsedToken, keys: readonly TokenKey[]): void {
  const candidates = token.keyId ? keys.filter((key) => key.keyId === token.keyId) : keys;
  if (!candidates.length) throw new Error("invalid signature, no keys found");
  if (candidates.some((key) => hasSignatureOf(token, key))) return;
  throw new AggregatedError(candidates.map(() => "go-jose/go-jose: error in cryptographic primitive"));
}

const audiencesOf = (aud: unknown): string[] =>
  (Array.isArray(aud) ? aud : [aud]).filter((entry): entry is string => typeof entry === "string");

/** A token without audiences is for the API server. */
function commonAudiences(aud: unknown, wanted: readonly string[], apiAudiences: readonly string[]): string[] {
  const listed = audiencesOf(aud);
  const own = listed.length ? listed : apiAudiences;
  const common = [...new Set(own)].filter((audience) => wanted.includes(audience));
  if (!common.length && apiAudiences.length) {
    throw new Error(`token audiences ${quoteList(own)} is invalid for the target audiences ${quoteList(wanted)}`);
  }
  return common;
}
